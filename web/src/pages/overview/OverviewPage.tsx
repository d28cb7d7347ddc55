import { useMutation, useQuery } from 'urql';
import type { StoredSession } from '../../auth/token-store.ts';
import { graphql } from '../../graphql/generated/gql.ts';
import type { Bookmark } from '../../instances/bookmarks.ts';
import {
  InstanceChangedDocument,
  InstancePlacesDocument,
  MemberInstanceDocument,
  type PublicInstance,
  ViewerDocument,
} from '../instance-queries.ts';
import { leaveInstance } from '../leave-instance.ts';
import { isAdmin } from '../roles.ts';
import { useLiveQueries } from '../use-live-queries.ts';
import { useSilence } from '../use-silence.ts';
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
  const [viewer, refetchViewer] = useQuery({ query: ViewerDocument });
  const mayKnowPlaces = isAdmin(viewer.data?.viewer.role);
  const [places, refetchPlaces] = useQuery({ query: InstancePlacesDocument, pause: !mayKnowPlaces });
  const retry = () => {
    if (mayKnowPlaces) refetchPlaces({ requestPolicy: 'network-only' });
    refetchMember({ requestPolicy: 'network-only' });
    refetchViewer({ requestPolicy: 'network-only' });
  };
  const { isSilent, failure } = useSilence(
    member.error ?? viewer.error ?? (mayKnowPlaces ? places.error : undefined),
    retry,
  );
  useLiveQueries(InstanceChangedDocument, liveTypes, isSilent);
  const [, renameInstance] = useMutation(RenameInstanceDocument);

  return (
    <OverviewPageView
      bookmark={bookmark}
      instance={instance}
      member={member.data?.instance}
      places={mayKnowPlaces ? places.data?.instance : undefined}
      failure={failure}
      isSilent={isSilent}
      viewer={viewer.data?.viewer}
      session={session}
      claimed={claimed}
      onRetry={retry}
      onRename={async (name) => {
        const { data, error } = await renameInstance({ name });
        return renameOutcome(data, error);
      }}
      onSignOut={() => void leaveInstance(bookmark.url)}
    />
  );
}
