import { Alert, Button, Modal, Text } from '@mantine/core';
import { IconCircleCheck, IconLock } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Failure } from '../../components/Failure.tsx';
import { changePassword } from '../api/security.ts';
import type { Account } from '../api/session.ts';
import { accountSessionsQuery } from '../api/sessions.ts';
import { NewPasswordForm } from '../password/NewPasswordForm.tsx';
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
  const error = shownError(change.error);
  const open = () => {
    change.reset();
    setIsOpen(true);
  };
  return (
    <SecuritySection
      title="Password"
      description="You sign in to this cloud with it. A new one signs you out everywhere else, at your instances too, unless you approved the sign-in in this browser."
    >
      {change.isSuccess && !isOpen ? (
        <Alert color="green" icon={<IconCircleCheck aria-hidden />}>
          Your password is changed, and every other browser is signed out, at your instances too.
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
        <NewPasswordForm
          submitting={change.isPending}
          failure={error ? <Failure {...explainSecurityFailure(error)} /> : null}
          accountWords={() => [account.name, account.email]}
          username={account.email}
          autofocus
          onSubmit={change.mutate}
        />
      </Modal>
    </SecuritySection>
  );
}
