import { Button, Code, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Failure } from '../../components/Failure.tsx';
import { CloudError } from '../api/cloud-request.ts';
import { ownedInstancesQuery, removeInstance } from '../api/instances.ts';
import { explainFailure, type FailureWords } from '../failure-words.ts';
import { shownError, useConfirmed } from '../security/confirmation.tsx';
import classes from './remove-instance.module.css';

interface RemoveInstanceProps {
  accountId: string;
  clientId: string;
  name: string;
}

/** The button of one instance, and the dialog that says what happens: together they go when the list has it no more. */
export function RemoveInstance({ accountId, clientId, name }: RemoveInstanceProps) {
  const [isOpen, setIsOpen] = useState(false);
  const confirmed = useConfirmed();
  const queryClient = useQueryClient();
  const { queryKey } = ownedInstancesQuery(accountId);
  const remove = useMutation({
    mutationFn: async () => confirmed(async () => removeInstance(clientId)),
    // Also after a failure: it may be removed already, or its answer was lost.
    onSettled: async () => queryClient.invalidateQueries({ queryKey }),
  });
  const failure = shownError(remove.error);
  const open = () => {
    remove.reset();
    setIsOpen(true);
  };
  const close = () => setIsOpen(false);
  return (
    <>
      <Button size="sm" variant="default" aria-label={`Remove ${name}`} onClick={open}>
        Remove
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        // Meanwhile it may be meant for the dialog in front that asks who it is.
        closeOnEscape={!remove.isPending}
        title={`Remove ${name}?`}
        centered
      >
        <Stack gap="md">
          <Text size="sm">
            Nobody can sign in there any more, and whoever is signed in is signed out at once. Its data stay
            on its machine. To use it again, start it with{' '}
            <Code className={classes.flag}>--reset-credentials</Code> and claim it anew.
          </Text>
          <Text size="sm" c="dimmed">
            Its client ID is <Code>{clientId}</Code>.
          </Text>
          {failure ? <Failure {...explainRemovalFailure(failure)} /> : null}
          <Group justify="flex-end">
            <Button variant="default" data-autofocus onClick={close}>
              Cancel
            </Button>
            <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
              Remove
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

function explainRemovalFailure(error: Error): FailureWords {
  if (error instanceof CloudError && error.code === 'unknown_instance') {
    return {
      title: 'You do not own this instance any more',
      message: 'Only owners of its workspace can remove it. Ask one of them to.',
    };
  }
  return explainFailure(error);
}
