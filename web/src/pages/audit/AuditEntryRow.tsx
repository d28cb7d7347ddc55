import { Badge, Text } from '@mantine/core';
import { addressWords } from '../../components/address-words.ts';
import { browserName } from '../../components/browser-name.ts';
import { ActivityRow } from '../ActivityList.tsx';
import { InstantWords } from '../InstantWords.tsx';
import type { AuditEntry } from './AuditPageView.tsx';
import { actionWords, outcomeWords } from './audit-words.ts';

interface AuditEntryRowProps {
  entry: AuditEntry;
  /** Milliseconds since the epoch. */
  now: number;
}

/** One line of the audit log. Whatever came from outside is shown as inert text. */
export function AuditEntryRow({ entry, now }: AuditEntryRowProps) {
  const { title, Icon } = actionWords(entry.action);
  const outcome = outcomeWords(entry.outcome);
  return (
    <ActivityRow
      icon={<Icon size={20} aria-hidden />}
      title={title}
      badge={
        entry.outcome === 'SUCCEEDED' ? null : (
          <Badge color={outcome.color} variant="light">
            {outcome.title}
          </Badge>
        )
      }
      aside={<InstantWords at={entry.at} now={now} />}
    >
      <Text size="sm">
        <Who entry={entry} />
      </Text>
      {entry.address ? (
        <Text size="sm" c="dimmed">
          {addressWords(entry.address, 'instance')}
          {' · '}
          <bdi>{browserName(entry.userAgent ?? '')}</bdi>
        </Text>
      ) : null}
      {entry.rename ? (
        <Text size="sm" c="dimmed">
          {entry.rename.from === null ? null : (
            <>
              From “<bdi>{entry.rename.from}</bdi>”{' '}
            </>
          )}
          to “<bdi>{entry.rename.to}</bdi>”
        </Text>
      ) : null}
      {entry.detail ? (
        <Text size="sm" c="dimmed">
          <bdi>{entry.detail}</bdi>
        </Text>
      ) : null}
    </ActivityRow>
  );
}

function Who({ entry: { action, actor, address } }: { entry: AuditEntry }) {
  if (action === 'SESSION_ENDED') return 'The cloud';
  if (!actor) return address ? 'Somebody unknown' : 'The instance itself';
  return (
    <>
      <bdi>{actor.name}</bdi>{' '}
      <Text span inherit c="dimmed">
        <bdi>{actor.email}</bdi>
      </Text>
    </>
  );
}
