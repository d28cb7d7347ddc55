import { Button, Stack, Text, Title } from '@mantine/core';
import { Failure } from '../../components/Failure.tsx';
import { Loading } from '../../components/Loading.tsx';
import { useNow } from '../../components/use-now.ts';
import type { SessionsQuery } from '../../graphql/generated/graphql.ts';
import { ActivityList } from '../ActivityList.tsx';
import { LoadMore } from '../LoadMore.tsx';
import type { PagedList } from '../use-paged-list.ts';
import { SessionRow } from './SessionRow.tsx';

export type SeenSession = SessionsQuery['sessions']['edges'][number]['node'];

interface SessionsPageViewProps {
  live: PagedList<SeenSession>;
  ended: PagedList<SeenSession>;
  /** Why the latest answer is missing. */
  failure: string | undefined;
  /** The instance does not answer at the moment. */
  isSilent: boolean;
  /** How long the cloud lets a sign-in be that nobody renews; undefined while that is not known. */
  idleSeconds: number | undefined;
  onRetry: () => void;
  /** Who looks at the page, and where that person's sessions are ended; undefined while it is not known. */
  own: { accountId: string; issuer: string } | undefined;
}

/** Everybody who uses the instance, browser by browser; below them those who did. */
export function SessionsPageView({
  live,
  ended,
  failure,
  isSilent,
  idleSeconds,
  onRetry,
  own,
}: SessionsPageViewProps) {
  const now = useNow(15_000);
  const rowsOf = (sessions: readonly SeenSession[]) =>
    sessions.map((session) => (
      <SessionRow
        key={session.id}
        session={session}
        now={now}
        idleSeconds={idleSeconds}
        endedAtIssuer={session.account.id === own?.accountId ? own.issuer : undefined}
      />
    ));
  const hasLive = live.items && live.items.length > 0;
  const hasEnded = ended.items && ended.items.length > 0;
  return (
    <Stack gap="lg">
      <Text c="dimmed" maw="40rem">
        Who uses this instance, in which browser and from where: this browser first, then by last use. A
        sign-in in another browser is a session of its own.
        {isSilent ? ' Paused: this list goes on as soon as the instance answers.' : ''}
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
      {live.items === undefined && failure === undefined ? (
        <Loading label="Loading the sessions" isSilent={isSilent} />
      ) : null}
      {live.items?.length === 0 && ended.items?.length === 0 ? (
        <Text>Nobody has used this instance yet.</Text>
      ) : null}
      {hasLive ? (
        <ActivityList label="Sessions" count={live.items.length} more={<LoadMore {...live} />}>
          {rowsOf(live.items.toSorted((one, other) => Number(other.isCurrent) - Number(one.isCurrent)))}
        </ActivityList>
      ) : null}
      {hasEnded ? (
        <Stack component="section" gap="md" aria-labelledby="ended-sessions">
          <Title order={2} id="ended-sessions">
            Ended
          </Title>
          <Text c="dimmed" maw="40rem">
            These cannot be used any more. They are kept for a year after their last use.
          </Text>
          <ActivityList label="Ended sessions" count={ended.items.length} more={<LoadMore {...ended} />}>
            {rowsOf(ended.items)}
          </ActivityList>
        </Stack>
      ) : null}
    </Stack>
  );
}
