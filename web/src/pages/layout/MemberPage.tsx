import { Fragment, type ReactNode } from 'react';
import { useSession } from '../../auth/AuthProvider.tsx';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Loading } from '../../components/Loading.tsx';
import type { PageShell } from '../../components/PageShell.tsx';
import type { Bookmark } from '../../instances/bookmarks.ts';
import { InstancePageView } from '../instance/InstancePageView.tsx';
import { NoticeBanners } from '../instance/NoticeBanners.tsx';
import { useDiagnosedInstance } from '../instance/use-diagnosed-instance.ts';
import { leaveInstance } from '../leave-instance.ts';
import { ButtonLink } from '../links.tsx';
import { isOnlyViewer } from '../roles.ts';
import { SignInFirst } from '../SignInFirst.tsx';
import { useInstanceName } from '../use-instance-name.ts';
import { useOwnRole } from '../use-own-role.ts';
import { AppPage } from './AppPage.tsx';
import type { InstancePageName } from './InstanceNavigation.tsx';

interface MemberPageProps {
  bookmark: Bookmark;
  page: InstancePageName;
  title: string;
  width?: Parameters<typeof PageShell>[0]['width'];
  /** Why the page needs to know who somebody is. */
  reason: string;
  /** The page is for the role of a member and those above it. */
  isForMembers?: boolean;
  children: ReactNode;
}

/**
 * A page of an instance for whoever is signed in to it; everybody else is shown the way to sign in, and where nobody is a
 * member yet, the way to claim the instance.
 */
export function MemberPage({
  bookmark,
  page,
  title,
  width,
  reason,
  isForMembers = false,
  children,
}: MemberPageProps) {
  const { session, signedOutReason } = useSession(bookmark.url);
  const { instance, checking, refetch, diagnosis } = useDiagnosedInstance(bookmark.url);
  const name = useInstanceName(bookmark);
  const { role, isPending: isRolePending } = useOwnRole(bookmark.url);
  const isClosed = isForMembers && isOnlyViewer(role);
  const isUnknown = instance === undefined && diagnosis !== undefined;
  const isUnclaimed = session !== undefined && instance?.state === 'UNCLAIMED';

  const content = (): ReactNode => {
    if (isUnknown)
      return (
        <InstancePageView
          situation={{ kind: 'unreachable', message: diagnosis }}
          name={name}
          url={bookmark.url}
          signedIn={session !== undefined}
          checking={checking}
          onRetry={refetch}
          onSignOut={() => void leaveInstance(bookmark.url)}
        />
      );
    if (!session) return <SignInFirst bookmarkId={bookmark.id} reason={signedOutReason?.message ?? reason} />;
    // Before that nobody knows whether there is anything to show.
    if (!instance) return <Loading label="Asking the instance" />;
    if (isUnclaimed) return <ClaimFirst bookmarkId={bookmark.id} />;
    if (isForMembers && isRolePending) return <Loading label="Asking for your role" />;
    if (isClosed) return <ForMembersOnly bookmarkId={bookmark.id} title={title} />;
    // A new sign-in may be another person's: the key drops what was read for the one before.
    return <Fragment key={session.dpopKeyId}>{children}</Fragment>;
  };

  return (
    <AppPage
      title={title}
      // The cards that lead elsewhere have a heading of their own.
      titleInContent={session === undefined || isUnclaimed || isUnknown || isClosed}
      width={width}
      bookmark={bookmark}
      page={page}
    >
      {isUnknown ? null : <NoticeBanners notices={[]} interruption={diagnosis} />}
      {content()}
    </AppPage>
  );
}

function ForMembersOnly({ bookmarkId, title }: { bookmarkId: string; title: string }) {
  return (
    <CenteredCard
      title={`${title}: for members`}
      description="You may see this instance as a viewer; who used it and what happened is shown from the role of a member on, which an owner of the workspace can give you."
    >
      <ButtonLink to="/instances/$instanceId" params={{ instanceId: bookmarkId }}>
        Go to the overview
      </ButtonLink>
    </CenteredCard>
  );
}

function ClaimFirst({ bookmarkId }: { bookmarkId: string }) {
  return (
    <CenteredCard
      title="This instance has no owner yet"
      description="There is nothing to see here until somebody claims it with its claim code. You are signed in for that already."
    >
      <ButtonLink to="/instances/$instanceId" params={{ instanceId: bookmarkId }}>
        Claim it
      </ButtonLink>
    </CenteredCard>
  );
}
