import { Text } from '@mantine/core';
import { useQuery as useConnection, useQueryClient } from '@tanstack/react-query';
import { useQuery } from 'urql';
import { useSession } from '../../auth/AuthProvider.tsx';
import {
  addBookmark,
  type Bookmark,
  parseInstanceUrl,
  removeBookmark,
  renameBookmark,
  useBookmarks,
} from '../../instances/bookmarks.ts';
import { checkConnection } from '../../instances/connection-check.ts';
import { connectionQuery } from '../../queries/connection.ts';
import { InstanceClient } from '../InstanceClient.tsx';
import { MemberInstanceDocument } from '../instance-queries.ts';
import { AppPage } from '../layout/AppPage.tsx';
import { leaveInstance } from '../leave-instance.ts';
import { AddInstance } from './AddInstance.tsx';
import { InstanceCard } from './InstanceCard.tsx';
import { InstanceList } from './InstanceList.tsx';

/** All instances that this browser keeps, each checked live. */
export function LauncherPage() {
  const bookmarks = useBookmarks();
  const queryClient = useQueryClient();
  const standsAt = (url: string, resource: string) => {
    const report = queryClient.getQueryData(connectionQuery(url).queryKey);
    return report?.status === 'online' && report.resource === resource;
  };
  return (
    <AppPage title="Launcher">
      <Text c="dimmed" maw="40rem" mb="lg">
        The instances that you keep in this browser, under your names for them. What your account owns is
        listed at your cloud.
      </Text>
      <InstanceList>
        {bookmarks.map((bookmark) => (
          <InstanceClient key={bookmark.id} baseUrl={bookmark.url}>
            <LiveCard bookmark={bookmark} />
          </InstanceClient>
        ))}
      </InstanceList>
      <AddInstance
        parseUrl={parseInstanceUrl}
        isKept={(url) => bookmarks.some((bookmark) => bookmark.url === url)}
        test={checkConnection}
        findTwin={(resource) => bookmarks.find(({ url }) => standsAt(url, resource))?.url}
        onAdd={addBookmark}
      />
    </AppPage>
  );
}

function LiveCard({ bookmark }: { bookmark: Bookmark }) {
  const { id, url } = bookmark;
  const { session } = useSession(url);
  const { data: report } = useConnection(connectionQuery(url));
  const isMember = session !== undefined && report?.status === 'online' && report.state === 'CLAIMED';
  const [{ data }] = useQuery({ query: MemberInstanceDocument, pause: !isMember });
  return (
    <InstanceCard
      bookmark={bookmark}
      report={report}
      signedIn={session !== undefined}
      ownName={(isMember ? data?.instance.name : undefined) ?? undefined}
      onRename={(name) => renameBookmark(id, name)}
      onRemove={() => {
        void leaveInstance(url);
        removeBookmark(id);
      }}
    />
  );
}
