import { Button, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Failure } from '../../components/Failure.tsx';
import { CloudError } from '../api/cloud-request.ts';
import { redeemPasswordReset } from '../api/links.ts';
import { newPasswordProblem } from '../credentials.ts';
import { explainEnterFailure } from '../explain-enter-failure.ts';
import { focusFirstInvalid } from '../focus-first-invalid.ts';
import { AccountShell } from '../layout/AccountShell.tsx';
import { useForgetSession } from '../layout/use-sign-out.ts';
import { ButtonLink } from '../navigation.tsx';
import { NewPasswordField } from '../password/NewPasswordField.tsx';
import { UselessLink } from './UselessLink.tsx';

const noWords = () => [];

/** Behind the link for a new password; `token` is undefined when the page was opened without one. */
export function ResetPasswordPage({ token }: { token: string | undefined }) {
  const forgetSession = useForgetSession();
  const redeem = useMutation({ mutationFn: redeemPasswordReset, onSuccess: forgetSession });
  const isUseless = redeem.error instanceof CloudError && redeem.error.code === 'useless_link';
  if (token === undefined || isUseless) {
    return (
      <UselessLink>
        <ButtonLink to="/forgot-password">Ask for another link</ButtonLink>
      </UselessLink>
    );
  }
  if (redeem.isSuccess) {
    return (
      <AccountShell title="Your password is changed" titleInContent>
        <CenteredCard
          title="Your password is changed"
          description="Every browser was signed out. Sign in with the new password."
        >
          <ButtonLink to="/sign-in">Sign in</ButtonLink>
        </CenteredCard>
      </AccountShell>
    );
  }
  return (
    <AccountShell title="Choose a new password" titleInContent>
      <CenteredCard title="Choose a new password" description="It replaces the one that you have forgotten.">
        <NewPasswordForm
          submitting={redeem.isPending}
          error={redeem.error}
          onSubmit={(password) => redeem.mutate({ token, password })}
        />
      </CenteredCard>
    </AccountShell>
  );
}

interface NewPasswordFormProps {
  submitting: boolean;
  error: Error | null;
  onSubmit: (password: string) => void;
}

function NewPasswordForm({ submitting, error, onSubmit }: NewPasswordFormProps) {
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { password: '' },
    validate: { password: newPasswordProblem },
  });
  return (
    <form noValidate onSubmit={form.onSubmit(({ password }) => onSubmit(password), focusFirstInvalid(form))}>
      <Stack gap="md">
        {error ? <Failure {...explainEnterFailure(error)} /> : null}
        <NewPasswordField
          label="New password"
          name="new-password"
          accountWords={noWords}
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
