import { screen } from '@testing-library/react';
import type { ComponentProps } from 'react';
import { expect, it, vi } from 'vitest';
import { renderInApp } from '../../../test/render.tsx';
import { CloudError } from '../api/cloud-request.ts';
import { SignInPageView } from './SignInPageView.tsx';

type Props = ComponentProps<typeof SignInPageView>;

async function open(props: Partial<Props> = {}) {
  const onSubmit = vi.fn<Props['onSubmit']>();
  const page = (
    <SignInPageView
      returnTo="/"
      signedOut={null}
      loading={false}
      submitting={false}
      error={null}
      onSubmit={onSubmit}
      passkey={undefined}
      {...props}
    />
  );
  return { ...(await renderInApp(page)), onSubmit };
}

const email = () => screen.getByLabelText(/^Email/);
const password = () => screen.getByLabelText(/^Password/);
const submit = () => screen.getByRole('button', { name: 'Sign in' });

it('tells password managers what the fields are', async () => {
  await open();
  expect([email(), password()].map((field) => field.getAttribute('autocomplete'))).toEqual([
    'email',
    'current-password',
  ]);
});

it('submits what was typed, and judges no password that was chosen before', async () => {
  const { user, onSubmit } = await open();
  await user.type(email(), ' ada@example.test ');
  await user.type(password(), ' short');
  await user.click(submit());
  expect(onSubmit.mock.calls[0]?.[0]).toEqual({ email: 'ada@example.test', password: ' short' });
});

it('puts the focus into the first field that needs another look', async () => {
  const { user, onSubmit } = await open();
  await user.type(email(), 'ada@example.test');
  await user.click(submit());
  expect(screen.getByText('Enter your password.')).toBeTruthy();
  expect(document.activeElement).toBe(password());
  expect(onSubmit).not.toHaveBeenCalled();
});

it.each([
  ['INVALID_EMAIL_OR_PASSWORD', 'Wrong email or password'],
  ['session_not_kept', 'Your browser did not keep the sign-in'],
  ['cloud_unreachable', 'This cloud does not answer'],
])('announces %s', async (code, title) => {
  await open({ error: new CloudError(code, 400) });
  expect(screen.getByRole('alert').textContent).toContain(title);
});

it.each([
  ['/', 'says which instances are yours'],
  ['/device', 'then decide on the instance that asks'],
] as const)('says why to sign in, on the way to %s', async (returnTo, words) => {
  await open({ returnTo });
  expect(document.body.textContent).toContain(words);
});

it('leads to the page for a new account', async () => {
  const { user, path } = await open();
  await user.click(screen.getByRole('link', { name: 'Create one' }));
  await vi.waitFor(() => expect(path()).toBe('/sign-up'));
});

it('offers a passkey where there can be one, and says what went wrong with it', async () => {
  const onUse = vi.fn();
  const { user } = await open({
    passkey: { submitting: false, error: new CloudError('UNKNOWN_PASSKEY', 401), onUse },
  });
  expect(screen.getByRole('alert').textContent).toContain('No account here has this passkey');
  await user.click(screen.getByRole('button', { name: 'Use a passkey' }));
  expect(onUse).toHaveBeenCalledOnce();
});

it('offers none elsewhere', async () => {
  await open();
  expect(screen.queryByRole('button', { name: 'Use a passkey' })).toBeNull();
});
