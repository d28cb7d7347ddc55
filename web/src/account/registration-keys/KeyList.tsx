import { Badge, Button, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { date } from '../../components/instant-words.ts';
import type { RegistrationKey, RegistrationKeyState, RegistrationKeys } from '../api/registration-keys.ts';
import { instancesInWords } from '../instances-in-words.ts';
import { SecurityRow, SecurityRows } from '../security/SecuritySection.tsx';

const STATES: Record<RegistrationKeyState, { words: string; color: string }> = {
  working: { words: 'works', color: 'green' },
  used_up: { words: 'used up', color: 'gray' },
  expired: { words: 'expired', color: 'gray' },
  revoked: { words: 'revoked', color: 'gray' },
  orphaned: { words: 'its maker has left', color: 'gray' },
};

interface KeyListProps extends RegistrationKeys {
  /** The one that is being revoked. */
  revoking: string | undefined;
  onRevoke: (id: string) => void;
}

/** All keys of the account's workspaces. Whatever people called them is shown as inert text. */
export function KeyList({ workspaces, keys, revoking, onRevoke }: KeyListProps) {
  if (keys.length === 0) {
    return (
      <SecurityRows label="Registration keys">
        <SecurityRow icon={<IconKey size={20} aria-hidden />} title="There is no key yet">
          <Text size="sm" c="dimmed">
            Make one, put it on the machine, and start the instance there with it.
          </Text>
        </SecurityRow>
      </SecurityRows>
    );
  }
  return (
    <SecurityRows label="Registration keys">
      {keys.map((key) => (
        <KeyRow
          key={key.id}
          registrationKey={key}
          workspace={
            workspaces.length > 1 ? workspaces.find(({ id }) => id === key.workspace)?.name : undefined
          }
          revoking={revoking === key.id}
          onRevoke={() => onRevoke(key.id)}
        />
      ))}
    </SecurityRows>
  );
}

interface KeyRowProps {
  registrationKey: RegistrationKey;
  /** Its name, where there are several. */
  workspace: string | undefined;
  revoking: boolean;
  onRevoke: () => void;
}

function KeyRow({ registrationKey: key, workspace, revoking, onRevoke }: KeyRowProps) {
  const { words, color } = STATES[key.state];
  const instances = instancesInWords(key.uses_allowed);
  const used = key.uses_allowed === 1 || key.uses === 0 ? '' : ` (${key.uses} so far)`;
  return (
    <SecurityRow
      icon={<IconKey size={20} aria-hidden />}
      title={<bdi>{key.label}</bdi>}
      badge={
        <Badge color={color} variant="light">
          {words}
        </Badge>
      }
      actions={
        key.state === 'working' ? (
          <Button
            size="sm"
            variant="default"
            loading={revoking}
            aria-label={`Revoke ${key.label}, made on ${date(key.created_at)}`}
            onClick={onRevoke}
          >
            Revoke
          </Button>
        ) : null
      }
    >
      <Text size="sm" c="dimmed">
        Made on {date(key.created_at)} by <bdi>{key.made_by ?? 'whoever runs this cloud'}</bdi>
        {workspace === undefined ? null : (
          <>
            {' '}
            for <bdi>{workspace}</bdi>
          </>
        )}
      </Text>
      <Text size="sm" c="dimmed">
        For {instances}
        {used}, until {date(key.expires_at)}.{' '}
        {key.last_used_at === null ? 'Not used yet.' : `Last used on ${date(key.last_used_at)}.`}
      </Text>
    </SecurityRow>
  );
}
