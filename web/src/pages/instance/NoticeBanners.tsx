import { Alert, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconClock, IconCloudOff } from '@tabler/icons-react';
import { dateAndTime } from '../../components/instant-words.ts';
import type { NoticeCode } from '../../graphql/generated/graphql.ts';
import type { PublicInstance } from '../instance-queries.ts';

const NOTICES: Record<NoticeCode, { title: string; color: 'yellow' | 'red'; Icon: typeof IconClock }> = {
  CLOUD_UNREACHABLE: { title: 'The cloud cannot be reached', color: 'yellow', Icon: IconCloudOff },
  REGISTRATION_REFUSED: { title: 'The cloud refused this instance', color: 'red', Icon: IconAlertTriangle },
  REGISTRATION_KEY_REFUSED: {
    title: 'The cloud refused the registration key',
    color: 'red',
    Icon: IconAlertTriangle,
  },
  CREDENTIALS_REFUSED: {
    title: 'The cloud no longer knows this instance',
    color: 'red',
    Icon: IconAlertTriangle,
  },
  OTHER_COPY_RUNS: {
    title: 'Another copy of this instance is running',
    color: 'red',
    Icon: IconAlertTriangle,
  },
  LOCK_LOST: {
    title: 'The instance no longer has its data directory to itself',
    color: 'red',
    Icon: IconAlertTriangle,
  },
  SECRETS_NOT_SAVED: { title: 'The instance cannot save its secrets', color: 'red', Icon: IconAlertTriangle },
  ACTIVITY_NOT_SAVED: {
    title: 'The instance cannot save its audit log',
    color: 'red',
    Icon: IconAlertTriangle,
  },
  CLOCK_SKEW: { title: 'The clock of the instance is off', color: 'yellow', Icon: IconClock },
  CLAIM_WINDOW_CLOSED: { title: 'The time for claiming is over', color: 'yellow', Icon: IconClock },
  CLAIM_LOCKED: { title: 'Claiming is locked', color: 'yellow', Icon: IconAlertTriangle },
};

const UNKNOWN_NOTICE = { title: 'The instance says', color: 'yellow', Icon: IconAlertTriangle } as const;

interface NoticeBannersProps {
  notices: PublicInstance['notices'];
  /** Seconds between this device's clock and the instance's, where that is too much to sign in. */
  clockSkewSeconds?: number;
  /** Why the instance stopped answering, while the page shows what it said before. */
  interruption?: string;
}

/** What the person should know before anything else, each with the words of whoever noticed it. */
export function NoticeBanners({ notices, clockSkewSeconds, interruption }: NoticeBannersProps) {
  if (notices.length === 0 && clockSkewSeconds === undefined && interruption === undefined) return null;
  return (
    <Stack component="section" aria-label="Notices" gap="sm" mb="lg">
      {interruption === undefined ? null : (
        <Alert color="yellow" title="This instance stopped answering" icon={<IconCloudOff aria-hidden />}>
          {interruption} This page keeps trying.
        </Alert>
      )}
      {clockSkewSeconds === undefined ? null : (
        <Alert color="yellow" title="The clock of this device is off" icon={<IconClock aria-hidden />}>
          It differs from the instance's clock by {Math.abs(Math.round(clockSkewSeconds))} seconds, and a
          request whose time is off by more than 60 is refused. Let this device set its time automatically.
        </Alert>
      )}
      {notices.map(({ code, message, since }) => {
        // A newer instance may know notices that this page does not.
        const { title, color, Icon } = NOTICES[code] ?? UNKNOWN_NOTICE;
        return (
          <Alert key={code} color={color} title={title} icon={<Icon aria-hidden />}>
            {message}
            <Text span size="xs" c="dimmed" display="block" mt={4}>
              Since {dateAndTime(since)}
            </Text>
          </Alert>
        );
      })}
    </Stack>
  );
}
