import { useQuery } from 'urql';
import { useSession } from '../../auth/AuthProvider.tsx';
import type { Bookmark } from '../../instances/bookmarks.ts';
import { ViewerDocument } from '../instance-queries.ts';
import { leaveInstance } from '../leave-instance.ts';
import { useInstanceName } from '../use-instance-name.ts';
import { AccountMenu } from './AccountMenu.tsx';
import { AppBrand } from './AppBrand.tsx';

/** The brand with the name of the current instance. */
export function InstanceBrand({ bookmark }: { bookmark: Bookmark }) {
  return <AppBrand instance={{ bookmarkId: bookmark.id, name: useInstanceName(bookmark) }} />;
}

/** The account menu of whoever is signed in to this instance; nothing for others. */
export function InstanceAccount({ baseUrl }: { baseUrl: string }) {
  const { session } = useSession(baseUrl);
  // A new session may be another person's: the key drops what was read for the one before.
  return session ? (
    <SignedInAccount key={session.signedInAt} baseUrl={baseUrl} issuer={session.issuer} />
  ) : null;
}

function SignedInAccount({ baseUrl, issuer }: { baseUrl: string; issuer: string }) {
  const [{ data }] = useQuery({ query: ViewerDocument, requestPolicy: 'network-only' });
  return <AccountMenu viewer={data?.viewer} issuer={issuer} onSignOut={() => void leaveInstance(baseUrl)} />;
}
