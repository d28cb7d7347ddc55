import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { render, screen } from '@testing-library/react';
import { type ComponentProps, createElement } from 'react';
import { describe, expect, it } from 'vitest';
import '../../../test/render.tsx';
import { AppProviders } from '../../components/AppProviders.tsx';
import type { NoticeCode } from '../../graphql/generated/graphql.ts';
import { NoticeBanners } from './NoticeBanners.tsx';

const since = '2026-11-23T12:00:00.000Z';

function open(props: Partial<ComponentProps<typeof NoticeBanners>>): void {
  render(<AppProviders env="test">{createElement(NoticeBanners, { notices: [], ...props })}</AppProviders>);
}

/** Every value of the enum NoticeCode, as the instance publishes it. */
function noticeCodes(): NoticeCode[] {
  const schema = readFileSync(join(import.meta.dirname, '../../../../schema.graphql'), 'utf8');
  const body = /^enum NoticeCode \{(.*?)^\}/ms.exec(schema)?.[1] ?? '';
  return [...body.matchAll(/^ {2}([A-Z_]+)$/gm)].map(([, code]) => code as NoticeCode);
}

describe('a notice', () => {
  it.each(noticeCodes())('%s has a title, the words of the instance and its time', (code) => {
    open({ notices: [{ code, message: 'The words of the instance.', since }] });
    const alert = screen.getByRole('alert');
    const title = document.getElementById(alert.getAttribute('aria-labelledby') ?? '');
    expect(title?.textContent).toMatch(/^[A-Z][a-z ]{10,}$/);
    expect(alert.textContent).toContain('The words of the instance.');
    expect(alert.textContent).toMatch(/Since .*2026/);
  });

  it('knows all eleven codes', () => expect(noticeCodes()).toHaveLength(11));

  it('of a newer instance is shown with its words, although the page does not know it', () => {
    open({
      notices: [{ code: 'FROM_THE_FUTURE' as NoticeCode, message: 'The words of the instance.', since }],
    });
    expect(screen.getByRole('alert').textContent).toContain('The instance saysThe words of the instance.');
  });

  it('stands beside others, in the order of the instance', () => {
    open({
      notices: [
        { code: 'CLOUD_UNREACHABLE', message: 'First.', since },
        { code: 'CLOCK_SKEW', message: 'Second.', since },
      ],
    });
    expect(
      screen.getAllByRole('alert').map(({ textContent }) => /First|Second/.exec(textContent)?.[0]),
    ).toEqual(['First', 'Second']);
    expect(screen.getByRole('region', { name: 'Notices' })).toBeTruthy();
  });
});

it.each([75, -75])('a clock that is off by %i seconds is this device’s', (clockSkewSeconds) => {
  open({ clockSkewSeconds });
  expect(screen.getByRole('alert').textContent).toMatch(/The clock of this device is off.*by 75 seconds/);
});

it('an interruption says that the page keeps trying', () => {
  open({ interruption: 'Nothing answers.' });
  expect(screen.getByRole('alert').textContent).toMatch(
    /stopped answering.*Nothing answers\. This page keeps trying/,
  );
});

it('nothing to say takes no place', () => {
  open({});
  expect(screen.queryByRole('region')).toBeNull();
  expect(screen.queryByRole('alert')).toBeNull();
});
