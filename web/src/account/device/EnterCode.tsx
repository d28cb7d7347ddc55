import { Button, Stack, Text, TextInput } from '@mantine/core';
import { type ChangeEvent, type SubmitEvent, useRef, useState } from 'react';
import { Failure } from '../../components/Failure.tsx';
import { formatUserCode, parseUserCode } from '../user-code.ts';
import type { DeviceProblem } from './device-problem.ts';
import classes from './enter-code.module.css';

interface EnterCodeProps {
  /** The code that was mistyped, or nothing. */
  userCode: string;
  submitting: boolean;
  problem: DeviceProblem | undefined;
  onSubmit: (userCode: string) => void;
}

/** The field for a code that the person reads in the instance's page. */
export function EnterCode({ userCode, submitting, problem, onSubmit }: EnterCodeProps) {
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(userCode);
  const [incomplete, setIncomplete] = useState(false);
  const [edited, setEdited] = useState(false);

  const change = ({ currentTarget: { value, selectionStart } }: ChangeEvent<HTMLInputElement>) => {
    setIncomplete(false);
    setEdited(true);
    // Rewriting the text moves the cursor to its end, so corrections in the middle are left as they are.
    setTyped(selectionStart === value.length ? formatUserCode(value) : value);
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const parsed = parseUserCode(typed);
    if (parsed) {
      setTyped(parsed);
      setEdited(false);
      onSubmit(parsed);
    } else {
      setIncomplete(true);
      field.current?.focus();
    }
  };

  return (
    <form noValidate onSubmit={submit}>
      <Stack gap="md">
        {problem && !edited && !submitting && !incomplete ? (
          <Failure title={problem.title} message={problem.message} />
        ) : null}
        <Text c="dimmed">
          The page of the instance that you want to sign in to shows a code of eight letters. Type it here to
          see what it asks for.
        </Text>
        <TextInput
          ref={field}
          label="Code"
          name="user_code"
          size="lg"
          autoComplete="one-time-code"
          autoCapitalize="characters"
          autoCorrect="off"
          spellCheck={false}
          required
          error={incomplete ? 'A code has eight letters, like WDJB-MJHT.' : undefined}
          classNames={{ input: classes.code }}
          value={typed}
          onChange={change}
        />
        <Button type="submit" loading={submitting} fullWidth>
          Continue
        </Button>
      </Stack>
    </form>
  );
}
