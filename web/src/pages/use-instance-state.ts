import { useQuery } from 'urql';
import { useSession } from '../auth/AuthProvider.tsx';
import type { InstanceState } from '../graphql/generated/graphql.ts';
import { PublicInstanceDocument } from './instance-queries.ts';

interface KnownState {
  /** Undefined until the instance has said it, and to whoever is not signed in to it. */
  state: InstanceState | undefined;
  /** Whether an answer is still to come. */
  isPending: boolean;
}

/** In which state the instance behind the urql client is, for whoever is signed in to it. */
export function useInstanceState(baseUrl: string): KnownState {
  const { session } = useSession(baseUrl);
  const [{ data, error }] = useQuery({ query: PublicInstanceDocument, pause: session === undefined });
  const state = session && data?.instance.state;
  return { state, isPending: session !== undefined && data === undefined && error === undefined };
}
