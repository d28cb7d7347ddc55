import { PasswordInput, type PasswordInputProps, Text } from '@mantine/core';
import { IconAlertCircle, IconCircleCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { PASSWORD_LENGTH } from '../api/session.ts';
import classes from './new-password-field.module.css';
import { loadPasswordJudge } from './password-strength.ts';

interface NewPasswordFieldProps extends PasswordInputProps {
  /** Words of the account that a guesser knows: name, email address. */
  accountWords: () => readonly string[];
}

/** The field for a password that a person chooses, which says while they type whether it is hard to guess. */
export function NewPasswordField({ accountWords, ...props }: NewPasswordFieldProps) {
  const [typed, setTyped] = useState('');
  return (
    <div>
      <PasswordInput
        description={`At least ${PASSWORD_LENGTH.min} characters. A few words in a row are strong and easy to remember.`}
        autoComplete="new-password"
        required
        visibilityToggleFocusable
        visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
        {...props}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <div aria-live="polite">
        {typed.length >= PASSWORD_LENGTH.min ? (
          <Strength password={typed} accountWords={accountWords()} />
        ) : null}
      </div>
    </div>
  );
}

/** Says nothing while the dictionaries load, or when they cannot be: the cloud judges as well. */
function Strength({ password, accountWords }: { password: string; accountWords: readonly string[] }) {
  const { data: judge } = useQuery({
    queryKey: ['password-judge'],
    queryFn: loadPasswordJudge,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const settled = useDeferredValue(password);
  if (!judge) return null;
  const verdict = judge(settled, accountWords);
  const Icon = verdict.strong ? IconCircleCheck : IconAlertCircle;
  return (
    <Text size="sm" mt={6} className={classes.strength} data-strong={verdict.strong}>
      <Icon aria-hidden size={16} className={classes.icon} />
      {verdict.strong ? 'Hard to guess.' : `Too easy to guess. ${verdict.advice}`}
    </Text>
  );
}
