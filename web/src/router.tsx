import {
  createRootRoute,
  createRoute,
  createRouter,
  Outlet,
  type RouterHistory,
  useParams,
} from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type Bookmark, nameInSentence, useBookmarks } from './instances/bookmarks.ts';
import { AuditPage } from './pages/audit/AuditPage.tsx';
import { ClaimPage } from './pages/claim/ClaimPage.tsx';
import { InstanceClient } from './pages/InstanceClient.tsx';
import { InstancePage } from './pages/instance/InstancePage.tsx';
import { LauncherPage } from './pages/launcher/LauncherPage.tsx';
import { MemberPage } from './pages/layout/MemberPage.tsx';
import { PageCrashed } from './pages/layout/PageCrashed.tsx';
import { NotFoundPage, UnknownInstancePage } from './pages/not-found/NotFoundPage.tsx';
import { OverviewPage } from './pages/overview/OverviewPage.tsx';
import { PlaygroundPage } from './pages/playground/PlaygroundPage.tsx';
import { SessionsPage } from './pages/sessions/SessionsPage.tsx';
import { SignInPage } from './pages/sign-in/SignInPage.tsx';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage });

const page = <Path extends string>(path: Path, component: () => ReactNode) =>
  createRoute({ getParentRoute: () => root, path, component });

const routeTree = root.addChildren([
  page('/', () => <InstanceRoute id="this" />),
  page('/launcher', LauncherPage),
  page('/playground', () => <PlaygroundRoute id="this" />),
  page('/audit', () => <AuditRoute id="this" />),
  page('/sessions', () => <SessionsRoute id="this" />),
  page('/instances/$instanceId', function InstanceById(): ReactNode {
    return <InstanceRoute id={useParams({ from: '/instances/$instanceId' }).instanceId} />;
  }),
  page('/instances/$instanceId/playground', function PlaygroundById(): ReactNode {
    return <PlaygroundRoute id={useParams({ from: '/instances/$instanceId/playground' }).instanceId} />;
  }),
  page('/instances/$instanceId/audit', function AuditById(): ReactNode {
    return <AuditRoute id={useParams({ from: '/instances/$instanceId/audit' }).instanceId} />;
  }),
  page('/instances/$instanceId/sessions', function SessionsById(): ReactNode {
    return <SessionsRoute id={useParams({ from: '/instances/$instanceId/sessions' }).instanceId} />;
  }),
]);

/** The addresses of the pages that an instance serves; `history` is the browser's unless a test brings its own. */
export function createAppRouter(history?: RouterHistory) {
  return createRouter({
    routeTree,
    history,
    defaultErrorComponent: PageCrashed,
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}

function InstanceRoute({ id }: { id: string }) {
  return (
    <WithBookmark id={id}>
      {(bookmark) => (
        <InstancePage
          bookmark={bookmark}
          renderSignIn={(instance, signedOutReason) => (
            <SignInPage
              baseUrl={bookmark.url}
              name={nameInSentence(bookmark)}
              instance={instance}
              signedOutReason={signedOutReason}
            />
          )}
          renderClaim={(instance, onClaimed) => (
            <ClaimPage
              baseUrl={bookmark.url}
              name={nameInSentence(bookmark)}
              instance={instance}
              onClaimed={onClaimed}
            />
          )}
          renderOverview={(instance, session, claimed) => (
            <OverviewPage bookmark={bookmark} instance={instance} session={session} claimed={claimed} />
          )}
        />
      )}
    </WithBookmark>
  );
}

function PlaygroundRoute({ id }: { id: string }) {
  return (
    <WithBookmark id={id}>
      {(bookmark) => (
        <MemberPage
          bookmark={bookmark}
          page="playground"
          title="Playground"
          width="full"
          reason="The playground runs queries as you, so it needs to know who you are."
        >
          <PlaygroundPage baseUrl={bookmark.url} />
        </MemberPage>
      )}
    </WithBookmark>
  );
}

function AuditRoute({ id }: { id: string }) {
  return (
    <WithBookmark id={id}>
      {(bookmark) => (
        <MemberPage
          bookmark={bookmark}
          page="audit"
          title="Audit log"
          reason="The audit log is for members of this instance only."
          isForMembers
        >
          <AuditPage />
        </MemberPage>
      )}
    </WithBookmark>
  );
}

function SessionsRoute({ id }: { id: string }) {
  return (
    <WithBookmark id={id}>
      {(bookmark) => (
        <MemberPage
          bookmark={bookmark}
          page="sessions"
          title="Sessions"
          reason="The sessions are for members of this instance only."
          isForMembers
        >
          <SessionsPage />
        </MemberPage>
      )}
    </WithBookmark>
  );
}

/** Looks the bookmark of an address up; a page of another instance starts from nothing. */
function WithBookmark({ id, children }: { id: string; children: (bookmark: Bookmark) => ReactNode }) {
  const bookmark = useBookmarks().find((candidate) => candidate.id === id);
  if (!bookmark) return <UnknownInstancePage />;
  return (
    <InstanceClient key={bookmark.url} baseUrl={bookmark.url}>
      {children(bookmark)}
    </InstanceClient>
  );
}
