import { Anchor, Code, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { isConfidential } from '../../auth/secure-context.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { date, relativeTime } from '../../components/instant-words.ts';
import { useNow } from '../../components/use-now.ts';
import type { OwnedInstance } from '../api/instances.ts';
import { PageAddress } from '../device/PageAddress.tsx';
import { TextLink } from '../navigation.tsx';
import classes from './instance-list.module.css';
import { RemoveInstance } from './RemoveInstance.tsx';

interface InstanceListProps {
  accountId: string;
  instances: OwnedInstance[];
}

/** The account's instances, or how the first one gets here. */
export function InstanceList({ accountId, instances }: InstanceListProps) {
  if (instances.length === 0) return <NoInstances />;
  return (
    <ul className={classes.list}>
      {instances.map((instance) => (
        <li key={instance.client_id}>
          <InstanceCard accountId={accountId} instance={instance} />
        </li>
      ))}
    </ul>
  );
}

function InstanceCard({ accountId, instance }: { accountId: string; instance: OwnedInstance }) {
  const name = instance.name ?? 'Unnamed instance';
  return (
    <Paper withBorder p="md" className={classes.card}>
      <Stack gap="xs">
        <Title order={2} size="h3">
          <bdi>{name}</bdi>
        </Title>
        <Group gap={4} wrap="nowrap">
          <Code className={classes.clientId}>{instance.client_id}</Code>
          <CopyButton value={instance.client_id} label={`Copy the client ID of ${name}`} />
        </Group>
        <Addresses origins={instance.origins} />
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed">
            Claimed on <time dateTime={instance.claimed_at}>{date(instance.claimed_at)}</time>
          </Text>
          {instance.role === 'owner' ? (
            <RemoveInstance accountId={accountId} clientId={instance.client_id} name={name} />
          ) : null}
        </Group>
      </Stack>
    </Paper>
  );
}

/** Where people have used it. Each address is what a page of then said of itself: only a safe one is a link. */
function Addresses({ origins }: Pick<OwnedInstance, 'origins'>) {
  const now = useNow(60_000);
  return origins.map(({ origin, used_at: usedAt }) => (
    <Text size="sm" key={origin}>
      {isSafe(origin) ? (
        <Anchor href={origin} target="_blank" rel="noopener noreferrer" inherit>
          <PageAddress origin={origin} />
        </Anchor>
      ) : (
        <PageAddress origin={origin} />
      )}
      <Text span inherit c="dimmed">
        , last sign-in <time dateTime={usedAt}>{relativeTime(Math.min(Date.parse(usedAt), now), now)}</time>
      </Text>
    </Text>
  ));
}

function isSafe(origin: string): boolean {
  const url = URL.parse(origin);
  return url !== null && isConfidential(url);
}

function NoInstances() {
  return (
    <Paper withBorder p="lg">
      <Stack gap="xs">
        <Title order={2} size="h3">
          No instance is yours yet
        </Title>
        <Text>
          Start an instance that uses this cloud, open the address that it prints, and choose Sign in there.
          Approve the sign-in here and claim the instance with its claim code: then it is listed on this page.
        </Text>
        <Text>
          For a server, make a <TextLink to="/registration-keys">registration key</TextLink> instead: an
          instance that starts with it is yours at once.
        </Text>
      </Stack>
    </Paper>
  );
}
