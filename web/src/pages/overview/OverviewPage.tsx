import { useMutation, useQuery } from 'urql';
import type { StoredSession } from '../../auth/token-store.ts';
import { graphql } from '../../graphql/generated/gql.ts';
import type { Bookmark } from '../../instances/bookmarks.ts';
import {
  InstanceChangedDocument,
  MemberInstanceDocument,
  type PublicInstance,
  ViewerDocument,
} from '../instance-queries.ts';
import { leaveInstance } from '../leave-instance.ts';
import { useLiveQueries } from '../use-live-queries.ts';
import { OverviewPageView } from './OverviewPageView.tsx';
import { renameOutcome } from './rename-outcome.ts';

const RenameInstanceDocument = graphql(`
  mutation RenameInstance($name: String!) {
    renameInstance(name: $name) {
      __typename
      ... on InstanceRenamed {
        instance {
          id
          name
        }
      }
      ... on InvalidName {
        message
      }
      ... on CloudUnavailable {
        message
      }
    }
  }
`);

/** A role that was changed ends the subscription, and the next one begins with news. */
const liveTypes = ['Instance', 'Viewer'];

interface OverviewPageProps {
  bookmark: Bookmark;
  instance: PublicInstance;
  session: StoredSession;
  /** The person has just claimed this instance. */
  claimed: boolean;
}

/** What a member can know of an instance, and of the own session with it. */
export function OverviewPage({ bookmark, instance, session, claimed }: OverviewPageProps) {
  const [member, refetchMember] = useQuery({
    query: MemberInstanceDocument,
    requestPolicy: 'cache-and-network',
  });
  useLiveQueries(InstanceChangedDocument, liveTypes);
  const [viewer] = useQuery({ query: ViewerDocument });
  const [, renameInstance] = useMutation(RenameInstanceDocument);

  return (
    <OverviewPageView
      bookmark={bookmark}
      instance={instance}
      member={member.data?.instance}
      failure={member.error?.graphQLErrors[0]?.message ?? member.error?.networkError?.message}
      viewer={viewer.data?.viewer}
      session={session}
      claimed={claimed}
      onRetry={() => refetchMember({ requestPolicy: 'network-only' })}
      onRename={async (name) => {
        const { data, error } = await renameInstance({ name });
        return renameOutcome(data, error);
      }}
      onSignOut={() => void leaveInstance(bookmark.url)}
    />
  );
}
