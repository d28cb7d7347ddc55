import { screen } from '@testing-library/react';
import type { ComponentProps } from 'react';
import { describe, expect, it, vi } from 'vitest';
import { renderInApp } from '../../../test/render.tsx';
import { CloudError } from '../api/cloud-request.ts';
import { SignUpPageView } from './SignUpPageView.tsx';

type Props = ComponentProps<typeof SignUpPageView>;

async function open(props: Partial<Props> = {}) {
  const onSubmit = vi.fn<Props['onSubmit']>();
  const page = (
    <SignUpPageView
      returnTo="/"
      first={false}
      loading={false}
      submitting={false}
      error={null}
      onSubmit={onSubmit}
      {...props}
    />
  );
  return { ...(await renderInApp(page)), onSubmit };
}

const name = () => screen.getByLabelText(/^Name/);
const email = () => screen.getByLabelText(/^Email/);
const password = () => screen.getByLabelText<HTMLInputElement>(/^Password/);
const submit = () => screen.getByRole('button', { name: 'Create account' });

it('has one heading, which names the page', async () => {
  await open();
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Create an account');
  await vi.waitFor(() => expect(document.title).toBe('Create an account · Holdfast'));
});

it('tells password managers what the fields are', async () => {
  await open();
  expect([name(), email(), password()].map((field) => field.getAttribute('autocomplete'))).toEqual([
    'name',
    'email',
    'new-password',
  ]);
  expect(password().type).toBe('password');
});

it('submits what was typed, without spaces around name and email', async () => {
  const { user, onSubmit } = await open();
  await user.type(name(), ' Ada ');
  await user.type(email(), ' ada@example.test ');
  await user.type(password(), ' a secret of mine ');
  await user.click(submit());
  expect(onSubmit.mock.calls[0]?.[0]).toEqual({
    name: 'Ada',
    email: 'ada@example.test',
    password: ' a secret of mine ',
  });
});

it('submits with the Enter key', async () => {
  const { user, onSubmit } = await open();
  await user.type(name(), 'Ada');
  await user.type(email(), 'ada@example.test');
  await user.type(password(), 'correct horse battery{Enter}');
  expect(onSubmit).toHaveBeenCalledOnce();
});

describe('a field that needs another look', () => {
  it('says so, gets the focus, and nothing is submitted', async () => {
    const { user, onSubmit } = await open();
    await user.type(name(), 'Ada');
    await user.type(email(), 'ada');
    await user.type(password(), 'short');
    await user.click(submit());
    expect(screen.getByText('Enter a whole address, like ada@example.com.')).toBeTruthy();
    expect(screen.getByText('Use at least 12 characters; these are 5.')).toBeTruthy();
    expect(document.activeElement).toBe(email());
    expect(email().getAttribute('aria-invalid')).toBe('true');
    expect(onSubmit).not.toHaveBeenCalled();
  });

  it('can be the first one', async () => {
    const { user } = await open();
    await user.click(submit());
    expect(document.activeElement).toBe(name());
  });
});

describe('while a password is chosen, the page says', () => {
  it.each([
    ['password1234', 'Too easy to guess. It is close to a much used password.'],
    ['Ada Lovelace', 'Too easy to guess. Your name and address are easy to guess.'],
    ['correct horse battery', 'Hard to guess.'],
  ])('of “%s”: %s', async (typed, words) => {
    const { user } = await open();
    await user.type(name(), 'Ada Lovelace');
    await user.type(password(), typed);
    expect(await screen.findByText(words, { exact: false })).toBeTruthy();
  });

  it('nothing of one that is still too short', async () => {
    const { user } = await open();
    await user.type(password(), 'password123');
    expect(screen.queryByText(/guess/)).toBeNull();
  });
});

it('shows the password when asked to', async () => {
  const { user } = await open();
  await user.click(screen.getByRole('button', { name: 'Show password' }));
  expect(password().type).toBe('text');
});

it('announces a failure, and keeps what was typed', async () => {
  const { user, rerender } = await open();
  await user.type(email(), 'ada@example.test');
  rerender(
    <SignUpPageView
      first={false}
      returnTo="/"
      loading={false}
      submitting={false}
      error={new CloudError('USER_ALREADY_EXISTS', 422)}
      onSubmit={() => {}}
    />,
  );
  expect(screen.getByRole('alert').textContent).toContain('No account was created');
  expect((email() as HTMLInputElement).value).toBe('ada@example.test');
});

it('cannot be submitted twice at once', async () => {
  await open({ submitting: true });
  expect(submit()).toHaveProperty('disabled', true);
});

it('asks for nothing before it is known who is signed in', async () => {
  await open({ loading: true });
  expect(screen.getByRole('status').textContent).toContain('Checking who is signed in');
  expect(screen.queryByRole('textbox')).toBeNull();
});

it('leads to the sign-in page', async () => {
  const { user, path } = await open();
  await user.click(screen.getByRole('link', { name: 'Sign in' }));
  await vi.waitFor(() => expect(path()).toBe('/sign-in'));
});
