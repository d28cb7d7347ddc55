import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import '../../test/render.tsx';
import { AppProviders } from '../components/AppProviders.tsx';
import { CloudLink, EndAtCloudLink } from './CloudLink.tsx';

function open(issuer: string): void {
  render(
    <AppProviders env="test">
      <CloudLink issuer={issuer} />
    </AppProviders>,
  );
}

it.each(['https://cloud.test', 'https://cloud.test/'])(
  'leads from %s to where sessions are ended',
  (issuer) => {
    render(
      <AppProviders env="test">
        <EndAtCloudLink issuer={issuer} />
        <EndAtCloudLink issuer="javascript:alert(1)" />
      </AppProviders>,
    );
    const link = screen.getByRole('link', { name: 'End it at your cloud' });
    expect(link.getAttribute('href')).toBe('https://cloud.test/security');
    expect(link.getAttribute('rel')).toContain('noopener');
  },
);

it('leads to a cloud that a sign-in would trust, in another tab', () => {
  open('https://cloud.test');
  const link = screen.getByRole('link', { name: 'https://cloud.test' });
  expect(link.getAttribute('href')).toBe('https://cloud.test');
  expect(link.getAttribute('rel')).toContain('noopener');
});

it.each(['javascript:alert(1)', 'http://cloud.test', 'data:text/html,x'])('is only text for %s', (issuer) => {
  open(issuer);
  expect(screen.getByText(issuer)).toBeTruthy();
  expect(screen.queryByRole('link')).toBeNull();
});
