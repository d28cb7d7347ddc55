import { useQuery } from 'urql';
import { useSession } from '../auth/AuthProvider.tsx';
import type { Role } from '../graphql/generated/graphql.ts';
import { ViewerDocument } from './instance-queries.ts';

interface OwnRole {
  /** Undefined until the instance has said it, and to whoever is not signed in to it. */
  role: Role | undefined;
  /** Whether an answer is still to come. */
  isPending: boolean;
}

/** Which role whoever is signed in to the instance behind the urql client has there. */
export function useOwnRole(baseUrl: string): OwnRole {
  const { session } = useSession(baseUrl);
  const [{ data, error }] = useQuery({ query: ViewerDocument, pause: session === undefined });
  return {
    role: session && data?.viewer.role,
    isPending: session !== undefined && data === undefined && error === undefined,
  };
}
