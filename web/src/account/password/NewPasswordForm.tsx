import { Button, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import type { ReactNode } from 'react';
import { newPasswordProblem } from '../credentials.ts';
import { focusFirstInvalid } from '../focus-first-invalid.ts';
import { NewPasswordField } from './NewPasswordField.tsx';

interface NewPasswordFormProps {
  submitting: boolean;
  /** Why the last try failed. */
  failure: ReactNode;
  /** What is known of the account, which makes a bad password. */
  accountWords: () => readonly string[];
  /** The address of the account, if it is known: password managers keep the new password under it. */
  username?: string;
  /** In a dialog, which gives it the focus. */
  autofocus?: boolean;
  onSubmit: (password: string) => void;
}

/** Asks for the password that replaces another. */
export function NewPasswordForm({
  submitting,
  failure,
  accountWords,
  username,
  autofocus,
  onSubmit,
}: NewPasswordFormProps) {
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { password: '' },
    validate: { password: newPasswordProblem },
  });
  return (
    <form noValidate onSubmit={form.onSubmit(({ password }) => onSubmit(password), focusFirstInvalid(form))}>
      <Stack gap="md">
        {failure}
        {username === undefined ? null : (
          <input type="hidden" name="username" autoComplete="username" value={username} />
        )}
        <NewPasswordField
          label="New password"
          name="new-password"
          data-autofocus={autofocus}
          accountWords={accountWords}
          key={form.key('password')}
          {...form.getInputProps('password')}
        />
        <Button type="submit" loading={submitting} fullWidth>
          Change password
        </Button>
      </Stack>
    </form>
  );
}
