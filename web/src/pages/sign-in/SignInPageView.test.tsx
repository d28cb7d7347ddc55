import { fireEvent, screen, waitFor } from '@testing-library/react';
import type { ComponentProps } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { renderInApp } from '../../../test/render.tsx';
import type { SignInState } from '../../auth/sign-in.ts';
import { SignInPageView } from './SignInPageView.tsx';

type Props = ComponentProps<typeof SignInPageView>;

const pending: Extract<SignInState, { step: 'pending' }> = {
  step: 'pending',
  userCode: 'WDJB-MJHT',
  verificationUri: 'https://cloud.test/device',
  verificationUriComplete: 'https://cloud.test/device#user_code=WDJB-MJHT',
  matchCode: '42',
  isApprovalPageOpen: false,
  openApprovalPage: () => false,
  expiresAt: Date.now() + 5_430_000,
  cloudUnreachable: false,
};

async function open(props: Partial<Props> = {}) {
  const actions = { onStart: vi.fn<Props['onStart']>(), onCancel: vi.fn<Props['onCancel']>() };
  const page = (changes: Partial<Props>) => (
    <SignInPageView
      name="Lab"
      url="https://box.test"
      issuer="https://cloud.test"
      unclaimed={false}
      hasClaimCode={false}
      state={undefined}
      signedOutReason={undefined}
      obstacle={undefined}
      closure={undefined}
      {...actions}
      {...props}
      {...changes}
    />
  );
  const { user, rerender } = await renderInApp(page({}));
  return { user, ...actions, show: (state: SignInState) => rerender(page({ state })) };
}

const heading = () => screen.getByRole('heading', { level: 1 });
const button = (name: string) => screen.getByRole('button', { name });
/** Clicks a link, and tells whether the browser was left to follow it, which it then is not. */
function isFollowed(link: HTMLElement, init: MouseEventInit = {}): boolean {
  let followed = false;
  const judge = (event: Event) => {
    followed = !event.defaultPrevented;
    event.preventDefault();
  };
  window.addEventListener('click', judge, { once: true });
  fireEvent.click(link, init);
  return followed;
}

const words = () => document.body.textContent;

describe('before the start', () => {
  it('says which instance and which cloud are meant', async () => {
    await open();
    expect(heading().textContent).toBe('Sign in to Lab');
    expect(words()).toContain('https://box.test');
    expect(words()).toContain('https://cloud.test');
  });

  it('starts only when it is told to', async () => {
    const { user, onStart } = await open();
    expect(onStart).not.toHaveBeenCalled();
    await user.click(button('Sign in'));
    expect(onStart).toHaveBeenCalledOnce();
  });

  it('says beforehand that a tab will open', async () => {
    await open();
    const description = button('Sign in').getAttribute('aria-describedby') ?? '';
    expect(document.getElementById(description)?.textContent).toBe('Opens the approval page in a new tab.');
  });

  it('says that an instance without an owner can be had', async () => {
    await open({ unclaimed: true });
    expect(screen.getByRole('alert').textContent).toContain('This instance has no owner yet');
    expect(screen.getByRole('alert').textContent).toContain('with the claim code from its terminal');
  });

  it('offers nothing that would lead to no claim: says that the time is over, and what opens it again', async () => {
    const message = 'The instance was not claimed within 15 minutes. Restart it: it prints a new code.';
    await open({ unclaimed: true, closure: { kind: 'window-closed', message, endIsNoticed: true } });
    expect(heading().textContent).toBe('The time for claiming is over');
    expect(words()).toContain(message);
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('asks for no claim code where the address brought it along', async () => {
    await open({ unclaimed: true, hasClaimCode: true });
    expect(screen.getByRole('alert').textContent).toContain('carries its claim code');
    expect(screen.getByRole('alert').textContent).not.toContain('terminal');
  });

  it.each([
    ['invalid_grant', 'You were signed out'],
    ['access_denied', 'This instance belongs to someone else'],
  ])('says why the last session has ended: %s', async (code, title) => {
    await open({ signedOutReason: { code, message: 'The reason.' } });
    expect(screen.getByRole('alert').textContent).toContain(title);
    expect(screen.getByRole('alert').textContent).toContain('The reason.');
  });

  it('cannot be started twice at once', async () => {
    await open({ state: { step: 'starting' } });
    expect(button('Sign in')).toHaveProperty('disabled', true);
  });
});

describe('while the approval is pending', () => {
  it('says so to everybody, and shows the code', async () => {
    await open({ state: pending });
    expect(screen.getAllByRole('status').map(({ textContent }) => textContent)).toContain(
      'Pending: waiting for your approval',
    );
    expect(screen.getByRole('img', { name: 'Your code: W D J B - M J H T' }).textContent).toBe('WDJB-MJHT');
    expect(screen.getByRole('timer').textContent).toBe('The code expires in 1 h 30 min');
  });

  it('opens the approval page so that it may ask this one, on a plain click only', async () => {
    const openApprovalPage = vi.fn<() => boolean>(() => true);
    await open({ state: { ...pending, openApprovalPage } });
    const link = screen.getByRole('link', { name: 'Open the approval page' });
    expect(isFollowed(link, { ctrlKey: true })).toBe(true);
    expect(openApprovalPage).not.toHaveBeenCalled();
    expect(isFollowed(link)).toBe(false);
    expect(openApprovalPage).toHaveBeenCalledOnce();
  });

  it('says that the approval page has opened, and offers it again', async () => {
    await open({ state: { ...pending, isApprovalPageOpen: true } });
    expect(words()).toContain('The approval page has opened in another tab.');
    expect(screen.getByRole('link', { name: 'Open the approval page again' })).toBeTruthy();
  });

  it('shows the match code, for a page that cannot ask', async () => {
    const { show } = await open({ state: pending });
    expect(screen.getByRole('img', { name: 'Match code: 4 2' }).textContent).toBe('42');
    expect(words()).toContain('may here, too, the first time that this instance is used at this address');
    show({ ...pending, matchCode: undefined });
    expect(words()).not.toContain('Match code');
  });

  it('follows the link as any other where the browser opens no window, without handing over this one', async () => {
    await open({ state: pending });
    const link = screen.getByRole('link', { name: 'Open the approval page' });
    expect(link.getAttribute('href')).toBe(pending.verificationUriComplete);
    expect(link.getAttribute('target')).toBe('_blank');
    expect(link.getAttribute('rel')).toContain('noopener');
    expect(isFollowed(link)).toBe(true);
  });

  it('offers the same page as a picture for another device', async () => {
    await open({ state: pending });
    expect(screen.getByRole('img', { name: /^QR code of the approval page/ })).toBeTruthy();
    expect(words()).toContain('or open https://cloud.test/device and type the code.');
    expect(words()).not.toContain('only on the machine that runs it');
  });

  it('says when another device cannot reach that page', async () => {
    await open({ state: { ...pending, verificationUri: 'http://localhost:7070/device' } });
    expect(words()).toContain('only on the machine that runs it');
  });

  it('says when the cloud is away, and that the code stays good', async () => {
    const { show } = await open({ state: { ...pending, cloudUnreachable: true } });
    expect(screen.getByRole('alert').textContent).toContain('The cloud does not answer');
    expect(screen.getByRole('alert').textContent).toContain('Your code stays valid');
    show(pending);
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('can be cancelled', async () => {
    const { user, onCancel } = await open({ state: pending });
    await user.click(button('Cancel'));
    expect(onCancel).toHaveBeenCalledOnce();
  });

  it('copies the code', async () => {
    const { user } = await open({ state: pending });
    await user.click(button('Copy code'));
    await expect(navigator.clipboard.readText()).resolves.toBe('WDJB-MJHT');
    await waitFor(() =>
      expect(screen.getAllByRole('status').map(({ textContent }) => textContent)).toContain('Copied'),
    );
  });
});

describe('the end', () => {
  it('is announced when it is good', async () => {
    await open({ state: { step: 'signed-in' } });
    expect(heading().textContent).toBe('You are signed in');
    expect(screen.getByRole('status').textContent).toContain('Opening Lab');
  });

  it.each<[SignInState, string, string, string]>([
    [{ step: 'expired' }, 'The code has expired', 'nothing has happened', 'Get a new code'],
    [{ step: 'denied', message: 'Not yours.' }, 'You are not signed in', 'Not yours.', 'Try again'],
    [
      { step: 'failed', code: 'cloud-unreachable', message: 'The cloud does not answer.' },
      'Signing in did not work',
      'The cloud does not answer.',
      'Try again',
    ],
  ])(
    'is explained when it is bad, with the way to start again: $step',
    async (state, title, reason, name) => {
      const { user, onStart } = await open({ state });
      expect(heading().textContent).toBe(title);
      expect(screen.getByRole('alert').textContent).toContain(reason);
      await user.click(button(name));
      expect(onStart).toHaveBeenCalledOnce();
    },
  );

  it('has the focus on its heading, because the button that had it is gone', async () => {
    const { show } = await open({ state: pending });
    show({ step: 'denied', message: 'Not yours.' });
    expect(document.activeElement).toBe(heading());
  });
});

it('keeps the focus on the button that was pressed while it starts', async () => {
  const { show } = await open();
  const start = button('Sign in');
  start.focus();
  show({ step: 'starting' });
  expect(document.activeElement).not.toBe(heading());
});

describe('a connection that could be overheard', () => {
  it.each([
    ['page', 'This page came over plain HTTP'],
    ['instance', 'http://192.168.1.20:8080 is plain HTTP'],
  ] as const)('offers no sign-in and says what to do: %s', async (obstacle, reason) => {
    await open({ obstacle, url: 'http://192.168.1.20:8080' });
    expect(heading().textContent).toBe('Signing in needs a secure connection');
    expect(words()).toContain(reason);
    expect(words()).toContain('ssh -L 8080:127.0.0.1:8080 user@192.168.1.20');
    expect(screen.queryByRole('button')).toBeNull();
  });
});
