import { Button, Stack, TextInput } from '@mantine/core';
import { type ReactNode, type SubmitEvent, useRef, useState } from 'react';

interface CodeFormProps {
  label: string;
  description?: ReactNode;
  submitLabel: string;
  submitting: boolean;
  /** What went wrong with the last code. */
  failure: ReactNode;
  onSubmit: (code: string) => void;
}

/** Asks for the code of an authenticator app, or a recovery code where the caller takes one. */
export function CodeForm({ label, description, submitLabel, submitting, failure, onSubmit }: CodeFormProps) {
  const field = useRef<HTMLInputElement>(null);
  const [missing, setMissing] = useState(false);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const code = field.current?.value.trim() ?? '';
    setMissing(code === '');
    if (code === '') field.current?.focus();
    else onSubmit(code);
  };
  return (
    <form noValidate onSubmit={submit}>
      <Stack gap="md">
        {failure}
        <TextInput
          ref={field}
          label={label}
          description={description}
          name="code"
          autoComplete="one-time-code"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          required
          data-autofocus
          error={missing ? 'Enter the code.' : undefined}
        />
        <Button type="submit" loading={submitting} fullWidth>
          {submitLabel}
        </Button>
      </Stack>
    </form>
  );
}
