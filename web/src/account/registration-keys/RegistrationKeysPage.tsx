import { Button, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Failure } from '../../components/Failure.tsx';
import { Loading } from '../../components/Loading.tsx';
import { CloudError } from '../api/cloud-request.ts';
import {
  createRegistrationKey,
  type NewRegistrationKey,
  registrationKeysQuery,
  revokeRegistrationKey,
} from '../api/registration-keys.ts';
import type { Account } from '../api/session.ts';
import { AccountShell } from '../layout/AccountShell.tsx';
import { CloudFailure } from '../layout/CloudFailure.tsx';
import { RequireAccount } from '../layout/RequireAccount.tsx';
import { ConfirmationProvider, shownError, useConfirmed } from '../security/confirmation.tsx';
import { explainKeyFailure } from './explain-key-failure.ts';
import { KeyList } from './KeyList.tsx';
import { NewKeyForm } from './NewKeyForm.tsx';
import { ShownKey } from './ShownKey.tsx';

const title = 'Registration keys';

/** The keys with which machines add instances to a workspace of the account. */
export function RegistrationKeysPage() {
  return (
    <RequireAccount title={title} returnTo="/registration-keys">
      {(account) => (
        <ConfirmationProvider
          key={account.id}
          accountId={account.id}
          reason="Whoever has the key can add an instance to your workspace."
        >
          <Keys account={account} />
        </ConfirmationProvider>
      )}
    </RequireAccount>
  );
}

/** What the dialog is open for. The key is kept nowhere else, and is gone when that closes. */
type Making = { step: 'form' } | { step: 'shown'; key: string };

function Keys({ account }: { account: Account }) {
  const queryClient = useQueryClient();
  const confirmed = useConfirmed();
  const query = registrationKeysQuery(account.id);
  const keys = useQuery(query);
  const [making, setMaking] = useState<Making>();
  const reload = async () => queryClient.invalidateQueries({ queryKey: query.queryKey });
  const create = useMutation({
    mutationFn: async (key: NewRegistrationKey) => {
      setMaking({ step: 'shown', key: await confirmed(async () => createRegistrationKey(key)) });
    },
    onSuccess: reload,
  });
  const revoke = useMutation({ mutationFn: revokeIfThere, onSuccess: reload });
  const openForm = () => {
    create.reset();
    setMaking({ step: 'form' });
  };
  const close = () => setMaking(undefined);

  return (
    <AccountShell
      title={title}
      current="registration-keys"
      actions={keys.data ? <Button onClick={openForm}>Make a key</Button> : null}
    >
      <Stack gap="lg">
        <Text c="dimmed" maw="40rem">
          For servers, and wherever nobody sits at the machine: an instance that starts with a key is yours at
          once, without a claim code.
        </Text>
        {revoke.error ? <Failure {...explainKeyFailure(revoke.error)} /> : null}
        {keys.error ? (
          <CloudFailure error={keys.error} onRetry={() => void keys.refetch()} />
        ) : keys.data ? (
          <KeyList
            {...keys.data}
            revoking={revoke.isPending ? revoke.variables : undefined}
            onRevoke={revoke.mutate}
          />
        ) : (
          <Loading label="Loading your registration keys" />
        )}
      </Stack>
      <Modal opened={making?.step === 'form'} onClose={close} title="Make a registration key" centered>
        {keys.data ? (
          <NewKeyForm
            workspaces={keys.data.workspaces}
            submitting={create.isPending}
            error={shownError(create.error)}
            onSubmit={create.mutate}
          />
        ) : null}
      </Modal>
      <Modal
        opened={making?.step === 'shown'}
        onClose={close}
        closeOnClickOutside={false}
        closeOnEscape={false}
        withCloseButton={false}
        title="Your registration key"
        size="lg"
        centered
      >
        {making?.step === 'shown' ? <ShownKey value={making.key} onDone={close} /> : null}
      </Modal>
    </AccountShell>
  );
}

/** A key that was revoked meanwhile is as it should be. */
async function revokeIfThere(id: string): Promise<void> {
  try {
    await revokeRegistrationKey(id);
  } catch (error) {
    if (!(error instanceof CloudError && error.code === 'unknown_key')) throw error;
  }
}
