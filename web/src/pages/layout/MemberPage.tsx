import { Fragment, type ReactNode } from 'react';
import { useSession } from '../../auth/AuthProvider.tsx';
import type { PageShell } from '../../components/PageShell.tsx';
import type { Bookmark } from '../../instances/bookmarks.ts';
import { SignInFirst } from '../SignInFirst.tsx';
import { AppPage } from './AppPage.tsx';
import type { InstancePageName } from './InstanceNavigation.tsx';

interface MemberPageProps {
  bookmark: Bookmark;
  page: InstancePageName;
  title: string;
  width?: Parameters<typeof PageShell>[0]['width'];
  /** Why the page needs to know who somebody is. */
  reason: string;
  children: ReactNode;
}

/** A page of an instance for whoever is signed in to it; everybody else is shown the way to sign in. */
export function MemberPage({ bookmark, page, title, width, reason, children }: MemberPageProps) {
  const { session, signedOutReason } = useSession(bookmark.url);
  return (
    <AppPage
      title={title}
      // The card that asks to sign in has a heading of its own.
      titleInContent={session === undefined}
      width={width}
      bookmark={bookmark}
      page={page}
    >
      {session ? (
        // A new sign-in may be another person's: the key drops what was read for the one before.
        <Fragment key={session.dpopKeyId}>{children}</Fragment>
      ) : (
        <SignInFirst bookmarkId={bookmark.id} reason={signedOutReason?.message ?? reason} />
      )}
    </AppPage>
  );
}
