import type { ReactNode } from 'react';
import { useSession } from '../auth/AuthProvider.tsx';
import type { Bookmark } from '../instances/bookmarks.ts';
import { SignInFirst } from './SignInFirst.tsx';

interface ForSignedInProps {
  bookmark: Bookmark;
  /** Why the page needs to know who somebody is. */
  reason: string;
  children: ReactNode;
}

/** Shows a page to whoever is signed in to an instance, and the way to sign in to everybody else. */
export function ForSignedIn({ bookmark, reason, children }: ForSignedInProps) {
  const { session, signedOutReason } = useSession(bookmark.url);
  return session ? (
    children
  ) : (
    <SignInFirst bookmarkId={bookmark.id} reason={signedOutReason?.message ?? reason} />
  );
}
