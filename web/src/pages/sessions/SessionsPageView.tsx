import { Button, Stack, Text } from '@mantine/core';
import { Failure } from '../../components/Failure.tsx';
import { Loading } from '../../components/Loading.tsx';
import { useNow } from '../../components/use-now.ts';
import type { SessionsQuery } from '../../graphql/generated/graphql.ts';
import { ActivityList } from '../ActivityList.tsx';
import { LoadMore, type LoadMoreProps } from '../LoadMore.tsx';
import { SessionRow } from './SessionRow.tsx';

export type SeenSession = SessionsQuery['sessions']['edges'][number]['node'];

interface SessionsPageViewProps extends LoadMoreProps {
  /** Undefined until they have been answered. */
  sessions: readonly SeenSession[] | undefined;
  /** Why the latest answer is missing. */
  failure: string | undefined;
  onRetry: () => void;
}

/** Everybody who uses the instance, browser by browser. */
export function SessionsPageView({ sessions, failure, onRetry, ...more }: SessionsPageViewProps) {
  const now = useNow(15_000);
  return (
    <Stack gap="lg">
      <Text c="dimmed" maw="40rem">
        Who uses this instance, in which browser and from where, last use first. A sign-in in another browser
        is a session of its own.
      </Text>
      {failure === undefined ? null : (
        <Failure
          title="The sessions could not be read"
          message={failure}
          action={
            <Button size="sm" variant="default" onClick={onRetry}>
              Try again
            </Button>
          }
        />
      )}
      {sessions === undefined && failure === undefined ? <Loading label="Loading the sessions" /> : null}
      {sessions?.length === 0 ? <Text>Nobody has used this instance yet.</Text> : null}
      {sessions && sessions.length > 0 ? (
        <ActivityList label="Sessions" count={sessions.length} more={<LoadMore {...more} />}>
          {sessions.map((session) => (
            <SessionRow key={session.id} session={session} now={now} />
          ))}
        </ActivityList>
      ) : null}
    </Stack>
  );
}
