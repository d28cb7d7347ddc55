import { screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { renderInApp } from '../../test/render.tsx';
import { CopyButton } from './CopyButton.tsx';
import { PageShell } from './PageShell.tsx';

afterEach(() => history.replaceState(null, '', '/'));

describe('PageShell', () => {
  it('names the page in its heading and in the title of the document', async () => {
    await renderInApp(<PageShell title="Overview">content</PageShell>);
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Overview');
    await waitFor(() => expect(document.title).toBe('Overview · Holdfast'));
  });

  it('leaves the heading to content that brings its own', async () => {
    await renderInApp(
      <PageShell title="Overview" titleInContent>
        <h1>Mine</h1>
      </PageShell>,
    );
    expect(screen.getAllByRole('heading', { level: 1 }).map(({ textContent }) => textContent)).toEqual([
      'Mine',
    ]);
  });

  it('skips to the content without touching the address', async () => {
    const { user } = await renderInApp(<PageShell title="Overview">content</PageShell>);
    await user.tab();
    expect(document.activeElement?.textContent).toBe('Skip to content');
    await user.keyboard('{Enter}');
    expect(document.activeElement).toBe(screen.getByRole('main'));
    expect(location.hash).toBe('');
  });

  it('lets the person choose the colours, and remembers them', async () => {
    const { user } = await renderInApp(<PageShell title="Overview">content</PageShell>);
    await user.click(screen.getByRole('button', { name: 'Colours' }));
    await user.click(await screen.findByRole('menuitemradio', { name: 'Dark' }));
    await waitFor(() => expect(document.documentElement.dataset.mantineColorScheme).toBe('dark'));
    expect(localStorage.getItem('holdfast.color-scheme')).toBe('dark');
  });
});

describe('CopyButton', () => {
  it('copies, and says so', async () => {
    const { user } = await renderInApp(<CopyButton value="instance-1" label="Copy client ID" />);
    await user.click(screen.getByRole('button', { name: 'Copy client ID' }));
    await waitFor(() => expect(screen.getByRole('status').textContent).toBe('Copied'));
    await expect(navigator.clipboard.readText()).resolves.toBe('instance-1');
  });

  it('says when the browser did not let it, and what to do instead', async () => {
    const { user } = await renderInApp(<CopyButton value="instance-1" label="Copy client ID" />);
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new DOMException('No.', 'NotAllowedError'));
    await user.click(screen.getByRole('button', { name: 'Copy client ID' }));
    await waitFor(() =>
      expect(screen.getByRole('status').textContent).toBe('Not copied: select the text instead'),
    );
  });
});
