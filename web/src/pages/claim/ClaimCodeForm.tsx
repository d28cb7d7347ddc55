import { Button, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useEffect, useRef } from 'react';
import { claimCodeProblem, parseClaimCode } from './claim-code.ts';

interface ClaimCodeFormProps {
  /** The code that was refused, to be corrected instead of typed again. */
  refusedCode: string | undefined;
  /** Why the instance did not take the last code. */
  refusal: string | undefined;
  /** Undefined when the instance does not say. */
  triesLeft: number | undefined;
  onSubmit: (code: string) => void;
}

/** Asks for the claim code; judges its shape only, because each try that reaches the instance counts. */
export function ClaimCodeForm({ refusedCode, refusal, triesLeft, onSubmit }: ClaimCodeFormProps) {
  const form = useForm({
    initialValues: { code: refusedCode ?? '' },
    validate: {
      code: (value) => claimCodeProblem(value) ?? null,
    },
  });
  const input = useRef<HTMLInputElement>(null);
  const { setFieldError } = form;
  useEffect(() => {
    if (refusal === undefined) return;
    setFieldError('code', refusal);
    input.current?.focus();
  }, [refusal, setFieldError]);

  const submit = ({ code }: { code: string }) => {
    const parsed = parseClaimCode(code);
    if (parsed !== undefined) onSubmit(parsed);
  };

  return (
    <form noValidate onSubmit={(event) => form.onSubmit(submit, () => input.current?.focus())(event)}>
      <Stack>
        <TextInput
          ref={input}
          label="Claim code"
          // The words of a refusal count the tries themselves.
          description={refusal === undefined && triesLeft !== undefined ? triesInWords(triesLeft) : undefined}
          placeholder="XXXXX-XXXXX"
          required
          withAsterisk={false}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          styles={{
            input: { fontFamily: 'var(--mantine-font-family-monospace)', textTransform: 'uppercase' },
          }}
          {...form.getInputProps('code')}
        />
        <Button type="submit">Claim this instance</Button>
      </Stack>
    </form>
  );
}

function triesInWords(left: number): string {
  return `${left === 1 ? '1 try is' : `${left} tries are`} left until the instance is restarted.`;
}
