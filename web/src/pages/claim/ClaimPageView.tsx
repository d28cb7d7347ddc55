import { Alert, Button, Group, List, Loader, Stack, Text } from '@mantine/core';
import { IconClock, IconFlag } from '@tabler/icons-react';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Countdown } from '../../components/Countdown.tsx';
import { Failure } from '../../components/Failure.tsx';
import { Loading } from '../../components/Loading.tsx';
import { useFocusHeading } from '../../components/use-focus-heading.ts';
import type { PublicInstance } from '../instance-queries.ts';
import { ButtonLink } from '../links.tsx';
import { ClaimClosed } from './ClaimClosed.tsx';
import { ClaimCodeForm } from './ClaimCodeForm.tsx';
import { type ClaimClosure, claimClosure } from './claim-closure.ts';
import type { ClaimOutcome } from './claim-outcome.ts';
import type { ClaimTries } from './use-claim-tries.ts';

interface ClaimPageViewProps {
  /** What the instance is called in this browser, as it reads in a sentence. */
  name: string;
  outcome: ClaimOutcome;
  /** What the instance says about itself, such as that claiming is locked. */
  notices: PublicInstance['notices'];
  /** When the instance accepts no code any more, if it says so; in milliseconds since the epoch. */
  windowEnd: number | undefined;
  /** Undefined until the instance has said how many tries are left, or could not. */
  tries: ClaimTries | undefined;
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
  windowEnd,
  tries,
  onSubmit,
  onRetry,
  onStartOver,
}: ClaimPageViewProps) {
  const closure = claimClosure({ outcome, notices, tries });
  const isWaiting = outcome.kind === 'asking' && closure === undefined && tries === undefined;
  useFocusHeading(isWaiting ? undefined : shownStep(outcome, closure));

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
      <CenteredCard title="The claim could not be completed">
        <Failure
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
        <Failure message={outcome.message} />
        <ButtonLink to="/launcher" variant="default">
          Other instances
        </ButtonLink>
      </CenteredCard>
    );
  }
  if (closure) return <ClaimClosed {...closure} onStartOver={onStartOver} />;
  if (isWaiting) {
    return (
      <CenteredCard title={`Claim ${name}`}>
        <Loading label="Asking whether codes are accepted" />
      </CenteredCard>
    );
  }
  return (
    <CenteredCard
      title={`Claim ${name}`}
      icon={<IconFlag size={36} aria-hidden />}
      description="This instance has no owner yet. Its claim code proves that the machine is yours."
    >
      {outcome.kind === 'outdated' ? (
        <Alert color="yellow" title="This address is out of date" icon={<IconClock aria-hidden />}>
          {outcome.message}
        </Alert>
      ) : null}
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
        triesLeft={tries?.left}
        onSubmit={onSubmit}
      />
      {windowEnd === undefined ? null : (
        <Countdown until={windowEnd} label="Codes are accepted for another" />
      )}
    </CenteredCard>
  );
}

/** Names what is shown, so that the focus follows when it changes; the form puts it into its field itself. */
function shownStep({ kind }: ClaimOutcome, closure: ClaimClosure | undefined): string {
  switch (kind) {
    case 'not-decided':
    case 'already-claimed':
    case 'outdated':
      return kind;
    case 'claiming':
    case 'claimed':
      return 'claim';
    default:
      return closure?.kind ?? 'claim';
  }
}
