import { screen, waitFor } from '@testing-library/react';
import type { ComponentProps } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { renderInApp } from '../../../test/render.tsx';
import { ClaimPageView } from './ClaimPageView.tsx';
import type { ClaimOutcome } from './claim-outcome.ts';

type Props = ComponentProps<typeof ClaimPageView>;

const since = '2026-11-23T12:00:00.000Z';

async function open(props: Partial<Props> = {}) {
  const actions = {
    onSubmit: vi.fn<Props['onSubmit']>(),
    onRetry: vi.fn<Props['onRetry']>(),
    onStartOver: vi.fn<Props['onStartOver']>(),
  };
  const page = (changes: Partial<Props>) => (
    <ClaimPageView
      name="Lab"
      outcome={{ kind: 'asking' }}
      notices={[]}
      windowEnd={undefined}
      tries={{ left: 5 }}
      {...actions}
      {...props}
      {...changes}
    />
  );
  const rendered = await renderInApp(page({}));
  return { ...rendered, ...actions, show: (outcome: ClaimOutcome) => rendered.rerender(page({ outcome })) };
}

const heading = () => screen.getByRole('heading', { level: 1 });
const field = () => screen.getByLabelText<HTMLInputElement>(/^Claim code/);
const button = (name: string) => screen.getByRole('button', { name });

describe('asking for the code', () => {
  it('says where it is found', async () => {
    await open();
    expect(heading().textContent).toBe('Claim Lab');
    expect(document.body.textContent).toContain('in the terminal that runs the instance');
    expect(document.body.textContent).toContain('claim-code');
  });

  it('waits until it is known whether codes are accepted', async () => {
    await open({ tries: undefined });
    expect(screen.getByRole('status').textContent).toContain('Asking whether codes are accepted');
    expect(screen.queryByRole('textbox')).toBeNull();
  });

  it('does not count down where the instance does not say until when', async () => {
    await open();
    expect(screen.queryByRole('timer')).toBeNull();
  });

  it.each([
    [5, '5 tries are left until the instance is restarted.'],
    [1, '1 try is left until the instance is restarted.'],
  ])('says how many tries there are: %i', async (left, words) => {
    await open({ tries: { left } });
    expect(field().getAttribute('aria-describedby')).toBeTruthy();
    expect(screen.getByText(words)).toBeTruthy();
  });

  it('says nothing about tries where the instance does not', async () => {
    await open({ tries: { left: undefined } });
    expect(field()).toBeTruthy();
    expect(document.body.textContent).not.toMatch(/tr(y|ies) (is|are) left/);
  });

  it('submits it in its canonical form', async () => {
    const { user, onSubmit } = await open();
    await user.type(field(), ' abcde 12345 {Enter}');
    expect(onSubmit).toHaveBeenCalledExactlyOnceWith('ABCDE-12345');
  });

  it('spends no try on what cannot be one', async () => {
    const { user, onSubmit } = await open();
    await user.type(field(), 'ABCDE-1234');
    await user.click(button('Claim this instance'));
    expect(document.activeElement).toBe(field());
    expect(onSubmit).not.toHaveBeenCalled();
    expect(document.body.textContent).toContain('A claim code has ten letters and digits');
    await user.clear(field());
    await user.type(field(), 'UUUUU-UUUUU{Enter}');
    expect(onSubmit).not.toHaveBeenCalled();
    expect(document.body.textContent).toContain('the letters I, L, O and U');
  });
});

describe('a wrong code', () => {
  const wrong: ClaimOutcome = {
    kind: 'wrong-code',
    code: 'ABCDE-12345',
    message: 'Wrong; 4 tries are left.',
  };

  it('is there to be corrected, with the words of the instance and the focus', async () => {
    const { show } = await open({ outcome: { kind: 'claiming' } });
    show(wrong);
    await waitFor(() => expect(document.body.textContent).toContain('Wrong; 4 tries are left.'));
    expect(document.body.textContent.match(/tries are left/g)).toHaveLength(1);
    expect(field().value).toBe('ABCDE-12345');
    expect(document.activeElement).toBe(field());
  });

  it('can be followed by another', async () => {
    const { user, onSubmit } = await open({ outcome: wrong });
    await user.clear(field());
    await user.type(field(), 'ZYXWV-98765{Enter}');
    expect(onSubmit).toHaveBeenCalledExactlyOnceWith('ZYXWV-98765');
  });
});

it('the address of an earlier start: says so, blames nobody and asks for the code', async () => {
  const { show, user, onSubmit } = await open({ outcome: { kind: 'claiming' } });
  show({ kind: 'outdated', message: 'This address is from an earlier start.' });
  expect(screen.getByRole('alert').textContent).toContain('This address is from an earlier start.');
  expect(document.activeElement).toBe(heading());
  expect(field().value).toBe('');
  expect(field().getAttribute('aria-invalid')).not.toBe('true');
  await user.type(field(), 'ZYXWV-98765{Enter}');
  expect(onSubmit).toHaveBeenCalledExactlyOnceWith('ZYXWV-98765');
});

it.each([
  ['claiming', 'Claiming this instance for you'],
  ['claimed', 'It is yours'],
] as const)('%s is announced, and asks for nothing', async (kind, words) => {
  await open({ outcome: { kind } });
  expect(screen.getByRole('status').textContent).toContain(words);
  expect(screen.queryByRole('textbox')).toBeNull();
  expect(screen.queryByRole('button')).toBeNull();
});

it.each<[ClaimOutcome, string]>([
  [{ kind: 'not-decided', message: 'Not now.' }, 'The claim could not be completed'],
  [{ kind: 'already-claimed', message: 'Ada owns it.' }, 'Somebody else was first'],
  [{ kind: 'locked', message: 'Too many.' }, 'Claiming is locked'],
  [{ kind: 'window-closed', message: 'Too late.' }, 'The time for claiming is over'],
])('$kind has the focus on its heading, because the form that had it is gone', async (outcome, title) => {
  const { show } = await open({ outcome: { kind: 'claiming' } });
  show(outcome);
  expect(heading().textContent).toBe(title);
  expect(document.activeElement).toBe(heading());
});

describe('a claim that could not be completed', () => {
  const outcome: ClaimOutcome = { kind: 'not-decided', message: 'The cloud does not answer.' };

  it('says why, and that the code is still good', async () => {
    await open({ outcome });
    expect(screen.getByRole('alert').textContent).toContain('The cloud does not answer.');
    expect(screen.getByRole('alert').textContent).toContain('Your code has not been used up.');
  });

  it('can be tried again', async () => {
    const { user, onRetry } = await open({ outcome });
    await user.click(button('Try again'));
    expect(onRetry).toHaveBeenCalledOnce();
  });

  it('can be tried with another code', async () => {
    const { user, onStartOver } = await open({ outcome });
    await user.click(button('Use another code'));
    expect(onStartOver).toHaveBeenCalledOnce();
  });
});

it('somebody else was first: other instances are offered', async () => {
  const { user, path } = await open({ outcome: { kind: 'already-claimed', message: 'Ada owns it.' } });
  expect(screen.getByRole('alert').textContent).toContain('Ada owns it.');
  await user.click(screen.getByRole('link', { name: 'Other instances' }));
  await waitFor(() => expect(path()).toBe('/launcher'));
});

describe('no code is accepted', () => {
  it.each([
    [{ kind: 'locked', message: 'Too many tries.' }, 'Claiming is locked'],
    [{ kind: 'window-closed', message: 'Too late.' }, 'The time for claiming is over'],
  ] as const)('$kind, as the answer to a code: a restart is needed', async (outcome, title) => {
    const { user, onStartOver } = await open({ outcome });
    expect(heading().textContent).toBe(title);
    expect(screen.getByRole('alert').textContent).toContain(outcome.message);
    await user.click(button('I have restarted it'));
    expect(onStartOver).toHaveBeenCalledOnce();
  });

  it.each([
    ['CLAIM_LOCKED', 'Claiming is locked'],
    ['CLAIM_WINDOW_CLOSED', 'The time for claiming is over'],
  ] as const)('%s, as the instance says itself: the page goes on by itself', async (code, title) => {
    await open({ notices: [{ code, message: 'Restart the instance.', since }] });
    expect(heading().textContent).toBe(title);
    expect(screen.getByRole('alert').textContent).toContain('Restart the instance.');
    expect(document.body.textContent).toContain('This page notices the restart by itself.');
    expect(screen.queryByRole('button')).toBeNull();
    expect(screen.queryByRole('textbox')).toBeNull();
  });

  it('no try is left: the page goes on by itself', async () => {
    await open({ tries: { left: 0 } });
    expect(heading().textContent).toBe('Claiming is locked');
    expect(document.body.textContent).toContain('This page notices the restart by itself.');
    expect(screen.queryByRole('textbox')).toBeNull();
  });

  it('but for a reason that does not concern claiming the code is asked for', async () => {
    await open({ notices: [{ code: 'CLOCK_SKEW', message: 'The clock is off.', since }] });
    expect(field()).toBeTruthy();
  });
});
