import { Button, Modal, Stack, Text } from '@mantine/core';
import { instancesInWords } from '../instances-in-words.ts';
import { CloudFailure } from '../layout/CloudFailure.tsx';

export interface Question {
  /** At how many instances sign-ins go on that were approved in this session. */
  instances: number;
  answering: 'end' | 'keep' | undefined;
  error: Error | null;
  onEnd: () => void;
  onKeep: () => void;
}

interface SignOutQuestionProps {
  /** Undefined while there is nothing to ask. */
  question: Question | undefined;
  onCancel: () => void;
  /** After it has gone, when something else can have the focus. */
  onClosed: () => void;
}

/** What becomes of the sign-ins at instances when the person signs out: on a borrowed computer they should not stay. */
export function SignOutQuestion({ question, onCancel, onClosed }: SignOutQuestionProps) {
  return (
    <Modal
      opened={question !== undefined}
      onClose={onCancel}
      returnFocus={false}
      onExitTransitionEnd={onClosed}
      title="Sign out at your instances, too?"
      centered
    >
      {question ? <Answers {...question} /> : null}
    </Modal>
  );
}

function Answers({ instances, answering, error, onEnd, onKeep }: Question) {
  return (
    <Stack gap="md">
      <Text size="sm">
        You stay signed in at {instancesInWords(instances)}, which you allowed from this browser. If others
        use this computer, sign out there, too.
      </Text>
      {error ? <CloudFailure error={error} /> : null}
      <Button
        data-autofocus
        fullWidth
        loading={answering === 'end'}
        disabled={answering === 'keep'}
        onClick={onEnd}
      >
        Sign out there too
      </Button>
      <Button
        variant="default"
        fullWidth
        loading={answering === 'keep'}
        disabled={answering === 'end'}
        onClick={onKeep}
      >
        Stay signed in there
      </Button>
    </Stack>
  );
}
