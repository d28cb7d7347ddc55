import { Button, PasswordInput, Stack } from '@mantine/core';
import { type ReactNode, type SubmitEvent, useRef, useState } from 'react';

interface CurrentPasswordFormProps {
  submitLabel: string;
  submitting: boolean;
  failure: ReactNode;
  onSubmit: (password: string) => void;
}

/** Asks for the password that an account has. */
export function CurrentPasswordForm({
  submitLabel,
  submitting,
  failure,
  onSubmit,
}: CurrentPasswordFormProps) {
  const field = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState(false);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = field.current?.value ?? '';
    setMissing(password === '');
    if (password === '') field.current?.focus();
    else onSubmit(password);
  };
  return (
    <form noValidate onSubmit={submit}>
      <Stack gap="md">
        {failure}
        <PasswordInput
          ref={field}
          label="Your password"
          name="password"
          autoComplete="current-password"
          required
          data-autofocus
          visibilityToggleFocusable
          visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
          error={missing ? 'Enter your password.' : undefined}
        />
        <Button type="submit" loading={submitting} fullWidth>
          {submitLabel}
        </Button>
      </Stack>
    </form>
  );
}
