import { Button, Code, Modal, Paper, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { Failure } from '../../components/Failure.tsx';
import { Loading } from '../../components/Loading.tsx';
import { type OwnedInstance, ownedInstancesQuery } from '../api/instances.ts';
import { deleteAccount } from '../api/security.ts';
import type { Account } from '../api/session.ts';
import { CloudFailure } from '../layout/CloudFailure.tsx';
import { useForgetSession } from '../layout/use-sign-out.ts';
import { shownError, useConfirmed } from './confirmation.tsx';
import { explainSecurityFailure } from './explain-security-failure.ts';
import { SecuritySection } from './SecuritySection.tsx';

/** The end of an account, and what becomes of its instances. */
export function DeletionSection({ account }: { account: Account }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <SecuritySection
      title="Delete the account"
      description="For good. Your instances and their data stay where they are, but you cannot sign in to them any more."
    >
      <div>
        <Button color="red" variant="outline" onClick={() => setIsOpen(true)}>
          Delete the account
        </Button>
      </div>
      <Modal opened={isOpen} onClose={() => setIsOpen(false)} title="Delete your account?" centered>
        <Deletion account={account} />
      </Modal>
    </SecuritySection>
  );
}

function Deletion({ account }: { account: Account }) {
  const instances = useQuery(ownedInstancesQuery(account.id));
  const confirmed = useConfirmed();
  const forgetSession = useForgetSession();
  const remove = useMutation({
    mutationFn: async () => confirmed(async () => deleteAccount(account.email)),
    onSuccess: forgetSession,
  });
  const failure = shownError(remove.error);
  if (instances.error) {
    return <CloudFailure error={instances.error} onRetry={() => void instances.refetch()} />;
  }
  if (!instances.data) return <Loading label="Looking for your instances" />;
  return (
    <Stack gap="md">
      <WhatBecomesOf instances={instances.data} />
      {failure ? <Failure {...explainSecurityFailure(failure)} /> : null}
      <AddressForm email={account.email} submitting={remove.isPending} onSubmit={() => remove.mutate()} />
    </Stack>
  );
}

function WhatBecomesOf({ instances }: { instances: OwnedInstance[] }) {
  if (instances.length === 0) return <Text size="sm">No instance is yours, so none is affected.</Text>;
  return (
    <>
      <Text size="sm">
        {instances.length === 1
          ? 'This instance goes on running, with its data. Nobody can sign in there until somebody at its machine'
          : `These ${instances.length} instances go on running, with their data. Nobody can sign in to any of them until somebody at its machine`}{' '}
        starts it with <Code>--reset-credentials</Code> and claims it anew.
      </Text>
      <Paper component="ul" withBorder m={0} py="xs" pr="md" pl="xl" aria-label="Instances that are affected">
        {instances.map(({ client_id: id, name }) => (
          <Text component="li" size="sm" key={id}>
            <bdi>{name ?? 'Unnamed instance'}</bdi>
          </Text>
        ))}
      </Paper>
    </>
  );
}

interface AddressFormProps {
  email: string;
  submitting: boolean;
  onSubmit: () => void;
}

/** A slip must not delete an account: its address has to be typed. */
function AddressForm({ email, submitting, onSubmit }: AddressFormProps) {
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState(false);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const matches = typed.trim().toLowerCase() === email;
    setWrong(!matches);
    if (matches) onSubmit();
  };
  return (
    <form noValidate onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label="Type your email address to delete the account"
          type="email"
          required
          data-autofocus
          autoComplete="off"
          error={wrong ? `This is not ${email}.` : undefined}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button type="submit" color="red" loading={submitting} fullWidth>
          Delete for good
        </Button>
      </Stack>
    </form>
  );
}
