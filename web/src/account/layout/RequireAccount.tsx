import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Loading } from '../../components/Loading.tsx';
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

/** Shows a page only to somebody signed in; leads everybody else through the sign-in page and back. */
export function RequireAccount({ title, returnTo, children }: RequireAccountProps) {
  const session = useQuery(sessionQuery);
  if (session.data) return children(session.data);
  if (session.data === null) return <GoTo to="/sign-in" returnTo={returnTo} />;
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
