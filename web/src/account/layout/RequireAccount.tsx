import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Loading } from '../../components/Loading.tsx';
import { entryQuery } from '../api/links.ts';
import { type Account, sessionQuery } from '../api/session.ts';
import { GoTo, type ReturnPath } from '../navigation.tsx';
import { AccountShell } from './AccountShell.tsx';
import { CloudFailure } from './CloudFailure.tsx';

interface RequireAccountProps {
  /** The page's title, while it is not known who is signed in. */
  title: string;
  /** The page itself: where to return after signing in. */
  returnTo: ReturnPath;
  children: (account: Account) => ReactNode;
}

/**
 * Shows a page only to somebody signed in; leads everybody else through the sign-in page and back, but whoever comes first
 * through that where accounts are made: nobody could sign in.
 */
export function RequireAccount({ title, returnTo, children }: RequireAccountProps) {
  const session = useQuery(sessionQuery);
  const entry = useQuery({ ...entryQuery, enabled: session.data === null });
  if (session.data) return children(session.data);
  // Without an answer to this, most have an account.
  if (session.data === null && !entry.isFetching) {
    return <GoTo to={entry.data?.first_account ? '/sign-up' : '/sign-in'} returnTo={returnTo} />;
  }
  return (
    <AccountShell title={title}>
      {session.isError ? (
        <CloudFailure error={session.error} onRetry={() => void session.refetch()} />
      ) : (
        <Loading label="Checking who is signed in" />
      )}
    </AccountShell>
  );
}
