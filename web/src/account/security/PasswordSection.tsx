import { Alert, Button, Modal, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconCircleCheck, IconLock } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Failure } from '../../components/Failure.tsx';
import { changePassword } from '../api/security.ts';
import type { Account } from '../api/session.ts';
import { accountSessionsQuery } from '../api/sessions.ts';
import { newPasswordProblem } from '../credentials.ts';
import { focusFirstInvalid } from '../focus-first-invalid.ts';
import { NewPasswordField } from '../password/NewPasswordField.tsx';
import { shownError, useConfirmed } from './confirmation.tsx';
import { explainSecurityFailure } from './explain-security-failure.ts';
import { SecurityRow, SecurityRows, SecuritySection } from './SecuritySection.tsx';

/** The way to another password. */
export function PasswordSection({ account }: { account: Account }) {
  const confirmed = useConfirmed();
  const queryClient = useQueryClient();
  const [isOpen, setIsOpen] = useState(false);
  const change = useMutation({
    mutationFn: async (password: string) => confirmed(async () => changePassword(password)),
    onSuccess: () => {
      setIsOpen(false);
      void queryClient.invalidateQueries({ queryKey: accountSessionsQuery(account.id).queryKey });
    },
  });
  const open = () => {
    change.reset();
    setIsOpen(true);
  };
  return (
    <SecuritySection
      title="Password"
      description="You sign in to this cloud with it. A new one signs you out everywhere else."
    >
      {change.isSuccess && !isOpen ? (
        <Alert color="green" icon={<IconCircleCheck aria-hidden />}>
          Your password is changed, and every other browser is signed out.
        </Alert>
      ) : null}
      <SecurityRows label="Password">
        <SecurityRow
          icon={<IconLock size={20} aria-hidden />}
          title="Password"
          actions={
            <Button size="sm" variant="default" onClick={open}>
              Change password
            </Button>
          }
        >
          <Text size="sm" c="dimmed">
            This cloud keeps a hash of it, from which it cannot be read.
          </Text>
        </SecurityRow>
      </SecurityRows>
      <Modal opened={isOpen} onClose={() => setIsOpen(false)} title="Change your password" centered>
        <ChangePasswordForm
          account={account}
          submitting={change.isPending}
          error={shownError(change.error)}
          onSubmit={change.mutate}
        />
      </Modal>
    </SecuritySection>
  );
}

interface ChangePasswordFormProps {
  account: Account;
  submitting: boolean;
  error: Error | null;
  onSubmit: (password: string) => void;
}

function ChangePasswordForm({ account, submitting, error, onSubmit }: ChangePasswordFormProps) {
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { password: '' },
    validate: { password: newPasswordProblem },
  });
  return (
    <form noValidate onSubmit={form.onSubmit(({ password }) => onSubmit(password), focusFirstInvalid(form))}>
      <Stack gap="md">
        {error ? <Failure {...explainSecurityFailure(error)} /> : null}
        {/* Password managers keep the new password under this name. */}
        <input type="hidden" name="username" autoComplete="username" value={account.email} />
        <NewPasswordField
          label="New password"
          name="new-password"
          data-autofocus
          accountWords={() => [account.name, account.email]}
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
