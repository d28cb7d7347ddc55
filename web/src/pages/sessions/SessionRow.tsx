import { Badge, Text } from '@mantine/core';
import { IconDeviceDesktop, IconDeviceMobile } from '@tabler/icons-react';
import { addressWords } from '../../components/address-words.ts';
import { browserName } from '../../components/browser-name.ts';
import { dateAndTime } from '../../components/instant-words.ts';
import { ActivityRow } from '../ActivityList.tsx';
import { InstantWords } from '../InstantWords.tsx';
import type { SeenSession } from './SessionsPageView.tsx';

interface SessionRowProps {
  session: SeenSession;
  /** Milliseconds since the epoch. */
  now: number;
}

/** One session. Whatever came from outside is shown as inert text. */
export function SessionRow({ session, now }: SessionRowProps) {
  const { account, firstAddress, firstUsedAt, isCurrent, lastAddress, lastUsedAt } = session;
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
        ) : null
      }
      aside={
        <>
          Last used <InstantWords at={lastUsedAt} now={now} />
        </>
      }
    >
      <Text size="sm">
        <bdi>{account.name}</bdi>{' '}
        <Text span inherit c="dimmed">
          <bdi>{account.email}</bdi>
        </Text>
      </Text>
      {lastAddress ? (
        <Text size="sm" c="dimmed">
          Last from {addressWords(lastAddress, 'instance')}
        </Text>
      ) : null}
      <Text size="sm" c="dimmed">
        First used {dateAndTime(firstUsedAt)}
        {firstAddress ? ` from ${addressWords(firstAddress, 'instance')}` : ''}
      </Text>
    </ActivityRow>
  );
}
