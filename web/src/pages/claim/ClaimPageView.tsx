import { Button, Group, List, Loader, Stack, Text } from '@mantine/core';
import { IconFlag } from '@tabler/icons-react';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Failure } from '../../components/Failure.tsx';
import type { PublicInstance } from '../instance-queries.ts';
import { ButtonLink } from '../links.tsx';
import { ClaimCodeForm } from './ClaimCodeForm.tsx';
import type { ClaimOutcome } from './claim-outcome.ts';

interface ClaimPageViewProps {
  /** What the instance is called in this browser, as it reads in a sentence. */
  name: string;
  outcome: ClaimOutcome;
  /** What the instance says about itself, such as that claiming is locked. */
  notices: PublicInstance['notices'];
  onSubmit: (code: string) => void;
  /** Sends the last code again. */
  onRetry: () => void;
  /** Goes back to asking for a code. */
  onStartOver: () => void;
}

/** The proof that the person controls the machine that the instance runs on, and what became of it. */
export function ClaimPageView({
  name,
  outcome,
  notices,
  onSubmit,
  onRetry,
  onStartOver,
}: ClaimPageViewProps) {
  const locked = notices.find(({ code }) => code === 'CLAIM_LOCKED');
  const windowClosed = notices.find(({ code }) => code === 'CLAIM_WINDOW_CLOSED');

  if (outcome.kind === 'claiming' || outcome.kind === 'claimed') {
    return (
      <CenteredCard title={`Claim ${name}`}>
        <Group component="output" gap="sm">
          <Loader size="sm" aria-hidden />
          <Text>
            {outcome.kind === 'claiming' ? 'Claiming this instance for you…' : 'It is yours. Opening it…'}
          </Text>
        </Group>
      </CenteredCard>
    );
  }
  if (outcome.kind === 'not-decided') {
    return (
      <CenteredCard title="Not claimed yet">
        <Failure
          title="The claim could not be completed"
          message={outcome.message}
          action={
            <Text span size="sm">
              Your code has not been used up.
            </Text>
          }
        />
        <Group>
          <Button onClick={onRetry}>Try again</Button>
          <Button variant="default" onClick={onStartOver}>
            Use another code
          </Button>
        </Group>
      </CenteredCard>
    );
  }
  if (outcome.kind === 'already-claimed') {
    return (
      <CenteredCard title="Somebody else was first">
        <Failure title="This instance has an owner already" message={outcome.message} />
        <ButtonLink to="/launcher" variant="default">
          Other instances
        </ButtonLink>
      </CenteredCard>
    );
  }
  if (outcome.kind === 'locked' || locked) {
    return (
      <Closed
        title="Claiming is locked"
        message={locked?.message ?? (outcome.kind === 'locked' ? outcome.message : '')}
        onStartOver={locked ? undefined : onStartOver}
      />
    );
  }
  if (outcome.kind === 'window-closed' || windowClosed) {
    return (
      <Closed
        title="The time for claiming is over"
        message={windowClosed?.message ?? (outcome.kind === 'window-closed' ? outcome.message : '')}
        onStartOver={windowClosed ? undefined : onStartOver}
      />
    );
  }
  return (
    <CenteredCard
      title={`Claim ${name}`}
      icon={<IconFlag size={36} aria-hidden />}
      description="This instance has no owner yet. Its claim code proves that the machine is yours."
    >
      <Stack gap={4}>
        <Text size="sm">You find the claim code</Text>
        <List size="sm">
          <List.Item>in the terminal that runs the instance, at the end of the printed address</List.Item>
          <List.Item>
            in the file <strong>claim-code</strong> in its data directory
          </List.Item>
        </List>
      </Stack>
      <ClaimCodeForm
        refusedCode={outcome.kind === 'wrong-code' ? outcome.code : undefined}
        refusal={outcome.kind === 'wrong-code' ? outcome.message : undefined}
        onSubmit={onSubmit}
      />
    </CenteredCard>
  );
}

interface ClosedProps {
  title: string;
  message: string;
  /** Missing while the instance itself says that it is closed: the page then goes on when it no longer does. */
  onStartOver: (() => void) | undefined;
}

function Closed({ title, message, onStartOver }: ClosedProps) {
  return (
    <CenteredCard title={title}>
      <Failure title="No code is accepted now" message={message} />
      {onStartOver ? (
        <Button onClick={onStartOver}>I have restarted it</Button>
      ) : (
        <Text c="dimmed">A restart makes a new claim code. This page notices that by itself.</Text>
      )}
    </CenteredCard>
  );
}
