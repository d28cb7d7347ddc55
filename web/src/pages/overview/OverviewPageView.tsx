import { Alert, Button, Group, SimpleGrid, Stack, Title } from '@mantine/core';
import { IconCircleCheck, IconLogout, IconTerminal2 } from '@tabler/icons-react';
import type { StoredSession } from '../../auth/token-store.ts';
import { Failure } from '../../components/Failure.tsx';
import { Loading } from '../../components/Loading.tsx';
import type {
  InstancePlacesQuery,
  MemberInstanceQuery,
  ViewerQuery,
} from '../../graphql/generated/graphql.ts';
import { type Bookmark, isNamed } from '../../instances/bookmarks.ts';
import type { PublicInstance } from '../instance-queries.ts';
import { ButtonLink } from '../links.tsx';
import { InstanceFacts } from './InstanceFacts.tsx';
import { NameFromLauncher } from './NameFromLauncher.tsx';
import { PublishedLifetimes } from './PublishedLifetimes.tsx';
import { RenameInstance } from './RenameInstance.tsx';
import type { RenameRefusal } from './rename-outcome.ts';
import { SessionFacts } from './SessionFacts.tsx';

export type MemberInstance = MemberInstanceQuery['instance'];
export type InstancePlaces = InstancePlacesQuery['instance'];
export type Viewer = ViewerQuery['viewer'];

interface OverviewPageViewProps {
  bookmark: Bookmark;
  instance: PublicInstance;
  /** Undefined until it has been answered. */
  member: MemberInstance | undefined;
  /** Undefined until it has been answered, and for those who may not know. */
  places: InstancePlaces | undefined;
  /** Why the latest answer is missing. */
  failure: string | undefined;
  isSilent: boolean;
  viewer: Viewer | undefined;
  session: StoredSession;
  /** The person has just claimed this instance. */
  claimed: boolean;
  onRetry: () => void;
  onRename: (name: string) => Promise<RenameRefusal>;
  onSignOut: () => void;
}

/** One instance for one of its members: what it is, who is in, and how long that lasts. */
export function OverviewPageView({
  bookmark,
  instance,
  member,
  places,
  failure,
  isSilent,
  viewer,
  session,
  claimed,
  onRetry,
  onRename,
  onSignOut,
}: OverviewPageViewProps) {
  const retry = (
    <Button size="sm" variant="default" onClick={onRetry}>
      Try again
    </Button>
  );
  return (
    <Stack gap="lg">
      {claimed ? (
        <Alert
          component="output"
          color="green"
          icon={<IconCircleCheck aria-hidden />}
          title="This instance is yours now"
        >
          Only members of your workspace can use it from here on. Its claim code no longer works.
          {member && isNamed(bookmark) && bookmark.name !== member.name ? (
            <NameFromLauncher name={bookmark.name} onRename={onRename} />
          ) : null}
        </Alert>
      ) : null}
      <Group justify="space-between" gap="sm">
        {member ? (
          <RenameInstance name={member.name ?? bookmark.name} role={viewer?.role} onRename={onRename} />
        ) : (
          <Title order={1} tabIndex={-1}>
            {bookmark.name}
          </Title>
        )}
        <Group gap="xs">
          <ButtonLink
            to="/instances/$instanceId/playground"
            params={{ instanceId: bookmark.id }}
            leftSection={<IconTerminal2 size={18} aria-hidden />}
          >
            Open playground
          </ButtonLink>
          <Button variant="default" leftSection={<IconLogout size={18} aria-hidden />} onClick={onSignOut}>
            Sign out
          </Button>
        </Group>
      </Group>
      {failure === undefined ? null : (
        <Failure title="The instance did not tell everything" message={failure} action={retry} />
      )}
      {member === undefined && failure === undefined ? (
        <Loading label="Loading the overview" isSilent={isSilent} />
      ) : null}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" style={{ alignItems: 'start' }}>
        {member ? <InstanceFacts instance={instance} member={member} places={places} /> : null}
        <Stack gap="lg">
          <SessionFacts viewer={viewer} session={session} />
          <PublishedLifetimes lifetimes={instance.cloud.tokenLifetimes} />
        </Stack>
      </SimpleGrid>
    </Stack>
  );
}
