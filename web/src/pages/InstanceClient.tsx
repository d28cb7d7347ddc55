import type { ReactNode } from 'react';
import { Provider } from 'urql';
import { useSession } from '../auth/AuthProvider.tsx';
import { instanceClient } from '../graphql/client.ts';

/** Gives the GraphQL client of one instance to everything inside; another one after a sign-in or a sign-out. */
export function InstanceClient({ baseUrl, children }: { baseUrl: string; children: ReactNode }) {
  useSession(baseUrl);
  return <Provider value={instanceClient(baseUrl)}>{children}</Provider>;
}
