import { Text } from '@mantine/core';
import type { StoredSession } from '../../auth/token-store.ts';
import { Countdown } from '../../components/Countdown.tsx';
import { dateAndTime, relativeTime } from '../../components/instant-words.ts';
import { useNow } from '../../components/use-now.ts';
import { Fact, FactCard, Facts } from './FactCard.tsx';
import type { Viewer } from './OverviewPageView.tsx';

interface SessionFactsProps {
  viewer: Viewer | undefined;
  session: StoredSession;
}

/** Who is signed in, and how long that lasts if nothing happens. */
export function SessionFacts({ viewer, session }: SessionFactsProps) {
  const endsIdleFirst = session.refreshTokenExpiresAt < session.refreshTokenAbsoluteExpiresAt;
  return (
    <FactCard title="Your session">
      <Facts>
        {viewer ? (
          <Fact name="Signed in as">
            {viewer.name}
            <Text span size="sm" c="dimmed" display="block">
              {viewer.email}
            </Text>
          </Fact>
        ) : null}
        {viewer ? <Fact name="Role">{viewer.role.toLowerCase()}</Fact> : null}
        <Fact name="Access token">
          <Countdown until={session.accessTokenExpiresAt} label="ends in" />
          <Text span size="sm" c="dimmed" display="block">
            It renews by itself while a page is open.
          </Text>
        </Fact>
        {endsIdleFirst ? (
          <Fact name="If unused">
            <Instant instant={session.refreshTokenExpiresAt} />
          </Fact>
        ) : null}
        <Fact name="At the latest">
          <Instant instant={session.refreshTokenAbsoluteExpiresAt} />
        </Fact>
      </Facts>
    </FactCard>
  );
}

function Instant({ instant }: { instant: number }) {
  const now = useNow(60_000);
  return (
    <>
      <span>signed out {relativeTime(instant, now)}</span>
      <Text span size="sm" c="dimmed" display="block">
        {dateAndTime(instant)}
      </Text>
    </>
  );
}
