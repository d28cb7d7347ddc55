import { Badge, Text } from '@mantine/core';
import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react';
import { addressWords } from '../../components/address-words.ts';
import { browserName } from '../../components/browser-name.ts';
import { dateAndTime } from '../../components/instant-words.ts';
import { ActivityRow } from '../ActivityList.tsx';
import { EndAtCloudLink } from '../CloudLink.tsx';
import { durationInWords } from '../durations.ts';
import { InstantWords } from '../InstantWords.tsx';
import { endReasonWords } from './end-reason-words.ts';
import type { SeenSession } from './SessionsPageView.tsx';

interface SessionRowProps {
  session: SeenSession;
  /** Milliseconds since the epoch. */
  now: number;
  /** How long the cloud lets a sign-in be that nobody renews. */
  idleSeconds: number | undefined;
  /** The cloud at which this session of the person who looks at it can be ended; undefined for those of others. */
  endedAtIssuer: string | undefined;
}

/** One session. Whatever came from outside is shown as inert text. */
export function SessionRow({ session, now, idleSeconds, endedAtIssuer }: SessionRowProps) {
  const { account, firstAddress, firstUsedAt, isCurrent, lastAddress, lastUsedAt, endedAt } = session;
  const end = endedAt === null ? undefined : { at: endedAt, ...endReasonWords(session.endReason) };
  const isUnused = !end && idleSeconds !== undefined && now - Date.parse(lastUsedAt) > idleSeconds * 1_000;
  const userAgent = session.userAgent ?? '';
  const Icon = /Mobile|Android|iPhone|iPad/.test(userAgent) ? IconDeviceMobile : IconDeviceDesktop;
  return (
    <ActivityRow
      icon={<Icon size={20} aria-hidden />}
      title={<bdi>{browserName(userAgent)}</bdi>}
      badge={
        isCurrent ? (
          <Badge color="green" variant="light">
            this browser
          </Badge>
        ) : end ? (
          <Badge color="gray" variant="light">
            {end.title}
          </Badge>
        ) : isUnused ? (
          <Badge color="yellow" variant="light">
            Unused
          </Badge>
        ) : null
      }
      aside={
        end ? (
          <>
            Ended <InstantWords at={end.at} now={now} />
          </>
        ) : (
          <>
            Last used <InstantWords at={lastUsedAt} now={now} />
          </>
        )
      }
    >
      <Text size="sm">
        <bdi>{account.name}</bdi>{' '}
        <Text span inherit c="dimmed">
          <bdi>{account.email}</bdi>
        </Text>
      </Text>
      {end?.why === undefined ? null : <Text size="sm">{end.why}</Text>}
      {isUnused ? (
        <Text size="sm">
          Not used for {durationInWords(idleSeconds)}. It has ended since, unless a page that stayed open
          renewed it.
        </Text>
      ) : null}
      {end ? (
        <Text size="sm" c="dimmed">
          Last used {dateAndTime(lastUsedAt)}
          {lastAddress ? ` from ${addressWords(lastAddress, 'instance')}` : ''}
        </Text>
      ) : lastAddress ? (
        <Text size="sm" c="dimmed">
          Last from {addressWords(lastAddress, 'instance')}
        </Text>
      ) : null}
      <Text size="sm" c="dimmed">
        First used {dateAndTime(firstUsedAt)}
        {firstAddress ? ` from ${addressWords(firstAddress, 'instance')}` : ''}
      </Text>
      {end || endedAtIssuer === undefined ? null : <EndAtCloudLink issuer={endedAtIssuer} />}
    </ActivityRow>
  );
}
