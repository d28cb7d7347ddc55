import { Code, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { CopyButton } from '../../components/CopyButton.tsx';
import { date } from '../../components/instant-words.ts';
import type { OwnedInstance } from '../api/instances.ts';
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
