import { Button, Text } from '@mantine/core';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Failure } from '../../components/Failure.tsx';
import type { ClaimClosure } from './claim-closure.ts';

const TITLES: Record<ClaimClosure['kind'], string> = {
  locked: 'Claiming is locked',
  'window-closed': 'The time for claiming is over',
};

interface ClaimClosedProps extends ClaimClosure {
  /** For whom the page would not notice the restart by itself. */
  onStartOver?: () => void;
}

/** That an instance without an owner can be claimed by nobody now, and how that changes. */
export function ClaimClosed({ kind, message, endIsNoticed, onStartOver }: ClaimClosedProps) {
  return (
    <CenteredCard title={TITLES[kind]}>
      <Failure message={message} />
      {endIsNoticed ? (
        <Text c="dimmed">This page notices the restart by itself.</Text>
      ) : (
        <Button onClick={onStartOver}>I have restarted it</Button>
      )}
    </CenteredCard>
  );
}
