import { Box } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useSession } from '../../auth/AuthProvider.tsx';
import type { SignedOutReason, StoredSession } from '../../auth/token-store.ts';
import { useFocusHeading } from '../../components/use-focus-heading.ts';
import { type Bookmark, nameInSentence } from '../../instances/bookmarks.ts';
import type { PublicInstance } from '../instance-queries.ts';
import { AppPage } from '../layout/AppPage.tsx';
import { leaveInstance } from '../leave-instance.ts';
import { useInstanceName } from '../use-instance-name.ts';
import { InstancePageView } from './InstancePageView.tsx';
import { type InstanceSituation, instanceSituation } from './instance-situation.ts';
import { NoticeBanners } from './NoticeBanners.tsx';
import { useDiagnosedInstance } from './use-diagnosed-instance.ts';

/** Beyond this a DPoP proof is refused: RFC 9449 section 4.3 leaves the window to the server, ours is ±60 s. */
const ACCEPTED_CLOCK_SKEW_IN_SECONDS = 60;

/** The pages to sign in and to claim tell these in the place of what they keep from being done. */
const TOLD_BY_CLAIM_PAGE = ['CLAIM_LOCKED', 'CLAIM_WINDOW_CLOSED'];

interface InstancePageProps {
  bookmark: Bookmark;
  /** The page for somebody who is not signed in to this instance. */
  renderSignIn: (instance: PublicInstance, signedOutReason: SignedOutReason | undefined) => ReactNode;
  /** The page for somebody who is signed in while the instance has no owner; `onClaimed` when that changed. */
  renderClaim: (instance: PublicInstance, onClaimed: () => void) => ReactNode;
  /** The page for members; `claimed` right after they became that. */
  renderOverview: (instance: PublicInstance, session: StoredSession, claimed: boolean) => ReactNode;
}

/** Looks at the instance and at the session, again and again, and shows the page that they call for. */
export function InstancePage({ bookmark, renderSignIn, renderClaim, renderOverview }: InstancePageProps) {
  const { session, signedOutReason } = useSession(bookmark.url);
  const { instance, failure, checking, refetch, connection, diagnosis } = useDiagnosedInstance(bookmark.url);
  const name = useInstanceName(bookmark);
  const [claimed, setClaimed] = useState(false);
  const situation = instanceSituation({ instance, failure, signedIn: session !== undefined });
  useFocusHeading(situation.kind === 'loading' ? undefined : situation.kind);

  const known = 'instance' in situation ? situation.instance : undefined;
  const notices = known?.notices ?? [];
  const clockSkewSeconds = connection?.status === 'online' ? connection.clockSkewSeconds : 0;

  const content = () => {
    if (situation.kind === 'signed-out') return renderSignIn(situation.instance, signedOutReason);
    if (situation.kind === 'unclaimed') {
      return renderClaim(situation.instance, () => {
        setClaimed(true);
        refetch();
      });
    }
    if (situation.kind === 'claimed' && session) return renderOverview(situation.instance, session, claimed);
    if (situation.kind === 'claimed') return null;
    return (
      <InstancePageView
        situation={
          situation.kind === 'unreachable' && diagnosis ? { ...situation, message: diagnosis } : situation
        }
        name={name}
        url={bookmark.url}
        signedIn={session !== undefined}
        checking={checking}
        onRetry={refetch}
        onSignOut={() => void leaveInstance(bookmark.url)}
      />
    );
  };

  return (
    <AppPage title={documentTitle(situation, name)} titleInContent bookmark={bookmark} page="overview">
      <Box w="100%" maw={situation.kind === 'claimed' ? undefined : '30rem'} mx="auto">
        <NoticeBanners
          notices={
            known?.state === 'UNCLAIMED'
              ? notices.filter(({ code }) => !TOLD_BY_CLAIM_PAGE.includes(code))
              : notices
          }
          // Where the instance already knows that its own clock is wrong, this device is not to blame.
          clockSkewSeconds={
            Math.abs(clockSkewSeconds) > ACCEPTED_CLOCK_SKEW_IN_SECONDS &&
            !notices.some(({ code }) => code === 'CLOCK_SKEW')
              ? clockSkewSeconds
              : undefined
          }
          interruption={known && diagnosis}
        />
      </Box>
      {content()}
    </AppPage>
  );
}

function documentTitle(situation: InstanceSituation, name: string): string {
  switch (situation.kind) {
    case 'signed-out':
      return `Sign in to ${nameInSentence({ name })}`;
    case 'unclaimed':
      return `Claim ${nameInSentence({ name })}`;
    case 'unreachable':
      return `${name} cannot be reached`;
    case 'foreign':
      return 'This instance belongs to someone else';
    case 'unregistered':
      return `${name} is not registered yet`;
    case 'refused':
    case 'loading':
    case 'claimed':
      return name;
  }
}
