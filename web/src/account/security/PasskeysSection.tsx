import { Button, Modal, Stack, Text, TextInput } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import { Failure } from '../../components/Failure.tsx';
import { date } from '../../components/instant-words.ts';
import { Loading } from '../../components/Loading.tsx';
import { type Passkey, passkeysQuery, removePasskey, renamePasskey } from '../api/passkeys.ts';
import { CloudFailure } from '../layout/CloudFailure.tsx';
import { canUsePasskeys, createPasskey } from '../passkeys/ceremonies.ts';
import { explainPasskeyFailure } from '../passkeys/explain-passkey-failure.ts';
import { shownError, useConfirmed } from './confirmation.tsx';
import { SecurityRow, SecurityRows, SecuritySection } from './SecuritySection.tsx';

/** What the dialog for a name is open for. */
type Naming = { what: 'new' } | { what: 'old'; passkey: Passkey };

/** Keys in devices that sign in without a password. */
export function PasskeysSection({ accountId }: { accountId: string }) {
  const queryClient = useQueryClient();
  const confirmed = useConfirmed();
  const query = passkeysQuery(accountId);
  const passkeys = useQuery(query);
  const [naming, setNaming] = useState<Naming>();
  const onSuccess = async () => {
    setNaming(undefined);
    await queryClient.invalidateQueries({ queryKey: query.queryKey });
  };
  const add = useMutation({
    mutationFn: async (name: string) => confirmed(async () => createPasskey(name)),
    onSuccess,
  });
  const rename = useMutation({ mutationFn: renamePasskey, onSuccess });
  const remove = useMutation({
    mutationFn: async (id: string) => confirmed(async () => removePasskey(id)),
    onSuccess,
  });
  const inDialog = shownError(naming?.what === 'new' ? add.error : rename.error);
  const failure = shownError(remove.error);
  const openDialog = (next: Naming) => {
    add.reset();
    rename.reset();
    setNaming(next);
  };

  return (
    <SecuritySection
      title="Passkeys"
      description="A key in your device or password manager, which signs you in without a password and cannot be given to a wrong page."
      actions={
        canUsePasskeys() ? (
          <Button variant="default" onClick={() => openDialog({ what: 'new' })}>
            Add a passkey
          </Button>
        ) : null
      }
    >
      {failure ? <Failure {...explainPasskeyFailure(failure)} /> : null}
      {passkeys.error ? (
        <CloudFailure error={passkeys.error} onRetry={() => void passkeys.refetch()} />
      ) : passkeys.data ? (
        <PasskeyList
          passkeys={passkeys.data}
          removing={remove.isPending ? remove.variables : undefined}
          onRename={(passkey) => openDialog({ what: 'old', passkey })}
          onRemove={remove.mutate}
        />
      ) : (
        <Loading label="Loading your passkeys" />
      )}
      <Modal
        opened={naming !== undefined}
        onClose={() => setNaming(undefined)}
        title={naming?.what === 'old' ? 'Rename the passkey' : 'Add a passkey'}
        centered
      >
        {naming ? (
          <NameForm
            initial={naming.what === 'old' ? naming.passkey.name : ''}
            submitLabel={naming.what === 'old' ? 'Save' : 'Go on'}
            submitting={add.isPending || rename.isPending}
            error={inDialog}
            onSubmit={(name) => {
              if (naming.what === 'new') add.mutate(name);
              else rename.mutate({ id: naming.passkey.id, name });
            }}
          />
        ) : null}
      </Modal>
    </SecuritySection>
  );
}

interface PasskeyListProps {
  passkeys: Passkey[];
  /** The one that is being removed. */
  removing: string | undefined;
  onRename: (passkey: Passkey) => void;
  onRemove: (id: string) => void;
}

function PasskeyList({ passkeys, removing, onRename, onRemove }: PasskeyListProps) {
  if (passkeys.length === 0) {
    return (
      <SecurityRows label="Passkeys">
        <SecurityRow icon={<IconFingerprint size={20} aria-hidden />} title="You have no passkey yet">
          <Text size="sm" c="dimmed">
            {canUsePasskeys()
              ? 'With one, you sign in by fingerprint, face or PIN.'
              : 'This browser cannot make one here: passkeys need a recent browser and a cloud with a host name.'}
          </Text>
        </SecurityRow>
      </SecurityRows>
    );
  }
  return (
    <SecurityRows label="Passkeys">
      {passkeys.map((passkey) => (
        <SecurityRow
          key={passkey.id}
          icon={<IconFingerprint size={20} aria-hidden />}
          title={<bdi>{passkey.name}</bdi>}
          actions={
            <>
              <Button
                size="sm"
                variant="default"
                aria-label={`Rename ${passkey.name}`}
                onClick={() => onRename(passkey)}
              >
                Rename
              </Button>
              <Button
                size="sm"
                variant="default"
                loading={removing === passkey.id}
                aria-label={`Remove ${passkey.name}`}
                onClick={() => onRemove(passkey.id)}
              >
                Remove
              </Button>
            </>
          }
        >
          <Text size="sm" c="dimmed">
            Added {date(passkey.created_at)}
            {passkey.last_used_at === null ? ', not used yet' : `, last used ${date(passkey.last_used_at)}`}
          </Text>
        </SecurityRow>
      ))}
    </SecurityRows>
  );
}

interface NameFormProps {
  initial: string;
  submitLabel: string;
  submitting: boolean;
  error: Error | null;
  onSubmit: (name: string) => void;
}

function NameForm({ initial, submitLabel, submitting, error, onSubmit }: NameFormProps) {
  const [name, setName] = useState(initial);
  const [missing, setMissing] = useState(false);
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    setMissing(name.trim() === '');
    if (name.trim() !== '') onSubmit(name.trim());
  };
  return (
    <form noValidate onSubmit={submit}>
      <Stack gap="md">
        {error ? <Failure {...explainPasskeyFailure(error)} /> : null}
        <TextInput
          label="Name"
          description="By which you know it again, such as “Work laptop”."
          maxLength={64}
          required
          data-autofocus
          autoComplete="off"
          error={missing ? 'Enter a name.' : undefined}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" loading={submitting} fullWidth>
          {submitLabel}
        </Button>
      </Stack>
    </form>
  );
}
