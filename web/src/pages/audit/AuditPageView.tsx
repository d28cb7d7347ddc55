import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { Failure } from '../../components/Failure.tsx';
import { Loading } from '../../components/Loading.tsx';
import { useNow } from '../../components/use-now.ts';
import type { AuditAction, AuditEntriesQuery, AuditOutcome } from '../../graphql/generated/graphql.ts';
import { ActivityList } from '../ActivityList.tsx';
import { LoadMore, type LoadMoreProps } from '../LoadMore.tsx';
import { AuditEntryRow } from './AuditEntryRow.tsx';
import { actionWords, auditActions, auditOutcomes, outcomeWords } from './audit-words.ts';

export type AuditEntry = AuditEntriesQuery['auditEntries']['edges'][number]['node'];

/** What the person chose to see; undefined is everything. */
export interface AuditChoice {
  action?: AuditAction | undefined;
  outcome?: AuditOutcome | undefined;
}

interface AuditPageViewProps extends LoadMoreProps {
  /** Undefined until they have been answered. */
  entries: readonly AuditEntry[] | undefined;
  /** Why the latest answer is missing. */
  failure: string | undefined;
  /** The instance does not answer at the moment. */
  isSilent: boolean;
  onRetry: () => void;
  choice: AuditChoice;
  onChoose: (choice: AuditChoice) => void;
}

/** The audit log: who did what, when, from where, and how it went. */
export function AuditPageView({
  entries,
  failure,
  isSilent,
  onRetry,
  choice,
  onChoose,
  ...more
}: AuditPageViewProps) {
  const now = useNow(15_000);
  const isFiltered = choice.action !== undefined || choice.outcome !== undefined;
  return (
    <Stack gap="lg">
      <Text c="dimmed" maw="40rem">
        Who did what, when and from where, newest first.{' '}
        {isSilent
          ? 'Paused: new entries appear again as soon as the instance answers.'
          : 'New entries appear by themselves.'}
      </Text>
      <Group gap="md" align="flex-end">
        <NativeSelect
          label="What happened"
          value={choice.action ?? ''}
          onChange={({ currentTarget: { value } }) =>
            onChoose({ ...choice, action: auditActions.find((action) => action === value) })
          }
          data={[
            { value: '', label: 'Everything' },
            ...auditActions.map((value) => ({ value, label: actionWords(value).title })),
          ]}
        />
        <NativeSelect
          label="How it went"
          value={choice.outcome ?? ''}
          onChange={({ currentTarget: { value } }) =>
            onChoose({ ...choice, outcome: auditOutcomes.find((outcome) => outcome === value) })
          }
          data={[
            { value: '', label: 'In any way' },
            ...auditOutcomes.map((value) => ({ value, label: outcomeWords(value).title })),
          ]}
        />
        {isFiltered ? (
          <Button variant="default" onClick={() => onChoose({})}>
            Show everything
          </Button>
        ) : null}
      </Group>
      {failure === undefined ? null : (
        <Failure
          title="The audit log could not be read"
          message={failure}
          action={
            <Button size="sm" variant="default" onClick={onRetry}>
              Try again
            </Button>
          }
        />
      )}
      {entries === undefined && failure === undefined ? (
        <Loading label="Loading the audit log" isSilent={isSilent} />
      ) : null}
      {entries?.length === 0 ? (
        <Text>{isFiltered ? 'Nothing of this kind has happened.' : 'Nothing has happened yet.'}</Text>
      ) : null}
      {entries && entries.length > 0 ? (
        <ActivityList label="Audit log" count={entries.length} more={<LoadMore {...more} />}>
          {entries.map((entry) => (
            <AuditEntryRow key={entry.id} entry={entry} now={now} />
          ))}
        </ActivityList>
      ) : null}
    </Stack>
  );
}
