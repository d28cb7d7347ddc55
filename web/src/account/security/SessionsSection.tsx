import { Badge, Button, Text } from '@mantine/core';
import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { addressWords } from '../../components/address-words.ts';
import { browserName } from '../../components/browser-name.ts';
import { dateAndTime, relativeTime } from '../../components/instant-words.ts';
import { Loading } from '../../components/Loading.tsx';
import { useNow } from '../../components/use-now.ts';
import { CloudError } from '../api/cloud-request.ts';
import { type AccountSession, accountSessionsQuery, endOtherSessions, endSession } from '../api/sessions.ts';
import { instancesInWords } from '../instances-in-words.ts';
import { CloudFailure } from '../layout/CloudFailure.tsx';
import { SecurityRow, SecurityRows, SecuritySection } from './SecuritySection.tsx';

/** Where the account is signed in to the cloud, and the way to end it there and at the instances. */
export function SessionsSection({ accountId }: { accountId: string }) {
  const queryClient = useQueryClient();
  const query = accountSessionsQuery(accountId);
  const sessions = useQuery(query);
  const reload = async () => queryClient.invalidateQueries({ queryKey: query.queryKey });
  const end = useMutation({ mutationFn: endIfThere, onSuccess: reload });
  const endOthers = useMutation({ mutationFn: endOtherSessions, onSuccess: reload });
  const failure = end.error ?? endOthers.error;
  return (
    <SecuritySection
      title="Sessions"
      description="Browsers in which you are signed in to this cloud. Who is signed out here also loses the sign-ins at your instances that were approved there; they are listed at each instance. “Everywhere else” ends those, too, that were approved in browsers that are no longer signed in here."
      actions={
        sessions.data ? (
          <Button variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
            Sign out everywhere else
          </Button>
        ) : null
      }
    >
      {failure ? <CloudFailure error={failure} /> : null}
      {sessions.error ? (
        <CloudFailure error={sessions.error} onRetry={() => void sessions.refetch()} />
      ) : sessions.data ? (
        <SecurityRows label="Sessions">
          {sessions.data.map((session) => (
            <SessionRow
              key={session.id}
              session={session}
              ending={end.isPending && end.variables === session.id}
              onEnd={() => end.mutate(session.id)}
            />
          ))}
        </SecurityRows>
      ) : (
        <Loading label="Loading your sessions" />
      )}
    </SecuritySection>
  );
}

/** A session that has ended meanwhile is as it should be. */
async function endIfThere(sessionId: string): Promise<void> {
  try {
    await endSession(sessionId);
  } catch (error) {
    if (!(error instanceof CloudError && error.code === 'unknown_session')) throw error;
  }
}

interface SessionRowProps {
  session: AccountSession;
  ending: boolean;
  onEnd: () => void;
}

/** One session. Whatever came from outside is shown as inert text. */
function SessionRow({ session, ending, onEnd }: SessionRowProps) {
  const now = useNow(15_000);
  const userAgent = session.user_agent ?? '';
  const browser = browserName(userAgent);
  const Icon = /Mobile|Android|iPhone|iPad/.test(userAgent) ? IconDeviceMobile : IconDeviceDesktop;
  // A clock that is a little behind the cloud's must not put the past into the future.
  const lastUse = Math.min(Date.parse(session.last_used_at), now);
  return (
    <SecurityRow
      icon={<Icon size={20} aria-hidden />}
      title={<bdi>{browser}</bdi>}
      badge={
        session.current ? (
          <Badge color="green" variant="light">
            this browser
          </Badge>
        ) : null
      }
      actions={
        session.current ? null : (
          <Button
            size="sm"
            variant="default"
            loading={ending}
            aria-label={`Sign out ${browser}, signed in ${dateAndTime(session.signed_in_at)}`}
            onClick={onEnd}
          >
            Sign out
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed">
        Signed in <time dateTime={session.signed_in_at}>{dateAndTime(session.signed_in_at)}</time>
        {session.address ? ` from ${addressWords(session.address, 'cloud')}` : ''}
      </Text>
      <Text size="sm" c="dimmed">
        Last used <time dateTime={session.last_used_at}>{relativeTime(lastUse, now)}</time>
        {session.instances > 0 ? `; signed in at ${instancesInWords(session.instances)} from there` : ''}
      </Text>
    </SecurityRow>
  );
}
