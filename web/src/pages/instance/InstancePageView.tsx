import { Button, Group, Loader, Stack, Text } from '@mantine/core';
import { IconPlugConnectedX, IconRefresh, IconShieldLock } from '@tabler/icons-react';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Failure } from '../../components/Failure.tsx';
import { Loading } from '../../components/Loading.tsx';
import { nameInSentence } from '../../instances/bookmarks.ts';
import { CloudLink } from '../CloudLink.tsx';
import type { PublicInstance } from '../instance-queries.ts';
import { ButtonLink } from '../links.tsx';
import type { InstanceSituation } from './instance-situation.ts';

/** The situations in which there is nothing to do in the instance yet. */
export type ClosedSituation = Exclude<InstanceSituation, { kind: 'signed-out' | 'unclaimed' | 'claimed' }>;

interface InstancePageViewProps {
  situation: ClosedSituation;
  /** What to call the instance at the start of a sentence. */
  name: string;
  url: string;
  signedIn: boolean;
  checking: boolean;
  onRetry: () => void;
  onSignOut: () => void;
}

/** Why this instance cannot be used at the moment, and the one thing to do about it. */
export function InstancePageView({
  situation,
  name,
  url,
  signedIn,
  checking,
  onRetry,
  onSignOut,
}: InstancePageViewProps) {
  const retry = (
    <Button leftSection={<IconRefresh size={18} aria-hidden />} loading={checking} onClick={onRetry}>
      Try again
    </Button>
  );
  switch (situation.kind) {
    case 'loading':
      return <Loading label={`Asking ${nameInSentence({ name })} how it is`} />;
    case 'unreachable':
      return (
        <CenteredCard
          title={`${name} cannot be reached`}
          icon={<IconPlugConnectedX size={36} aria-hidden />}
          description={url}
        >
          <Failure message={situation.message} />
          <Group>
            {retry}
            <ButtonLink to="/launcher" variant="default">
              Other instances
            </ButtonLink>
          </Group>
        </CenteredCard>
      );
    case 'refused':
      return (
        <CenteredCard title={`${name} refused the request`} icon={<IconShieldLock size={36} aria-hidden />}>
          <Failure title="The instance says" message={situation.message} />
          <Group>
            {retry}
            {signedIn ? (
              <Button variant="default" onClick={onSignOut}>
                Sign out
              </Button>
            ) : null}
          </Group>
        </CenteredCard>
      );
    case 'foreign':
      return (
        <CenteredCard
          title="This instance belongs to someone else"
          icon={<IconShieldLock size={36} aria-hidden />}
          description={situation.message}
        >
          <Text>
            You are signed in with an account that its owner has not let in. Sign out to use another account.
          </Text>
          <Group>
            <Button onClick={onSignOut}>Sign out</Button>
            <ButtonLink to="/launcher" variant="default">
              Other instances
            </ButtonLink>
          </Group>
        </CenteredCard>
      );
    case 'unregistered': {
      const { issuer } = situation.instance.cloud;
      return (
        <CenteredCard
          title="This instance is not registered yet"
          description={
            <>
              It has to introduce itself to its cloud, <CloudLink issuer={issuer} />, before anybody can sign
              in.
            </>
          }
        >
          <RegistrationProgress notices={situation.instance.notices} />
        </CenteredCard>
      );
    }
  }
}

/** Whether it goes on by itself: after a refused key the instance waits for somebody to start it with another one. */
function RegistrationProgress({ notices }: Pick<PublicInstance, 'notices'>) {
  if (notices.some(({ code }) => code === 'REGISTRATION_KEY_REFUSED')) {
    return <Text>The notice above says why, and what to do. This page goes on when that is done.</Text>;
  }
  return (
    <Stack gap="sm">
      {notices.length === 0 ? (
        <Text>This takes a moment after the first start.</Text>
      ) : (
        <Text>The notice above says what keeps it from doing so. It tries again by itself.</Text>
      )}
      <Group component="output" gap="sm">
        <Loader size="sm" aria-hidden />
        <Text c="dimmed">This page goes on as soon as that works.</Text>
      </Group>
    </Stack>
  );
}
