import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  type RegisteredRouter,
  RouterProvider,
} from '@tanstack/react-router';
import { cleanup, configure, render } from '@testing-library/react';
import { type UserEvent, userEvent } from '@testing-library/user-event';
import { createContext, type ReactNode, use } from 'react';
import { afterEach } from 'vitest';
import { AppProviders } from '../src/components/AppProviders.tsx';

configure({ asyncUtilTimeout: 10_000 });
afterEach(cleanup);

interface Rendered {
  /** The person who uses what was rendered. */
  user: UserEvent;
  /** Renders it again with other properties. */
  rerender: (content: ReactNode) => void;
  /** The address that the person is at. */
  path: () => string;
}

/** Renders a part of a page in everything that surrounds it in an app: theme, query client and a router for its links. */
export async function renderInApp(content: ReactNode): Promise<Rendered> {
  const root = createRootRoute({ component: ShownContent });
  const paths = [
    '/',
    '/launcher',
    '/instances/$instanceId',
    '/instances/$instanceId/playground',
    '/sign-in',
    '/sign-up',
    '/forgot-password',
    '/device',
  ];
  const router = createRouter({
    routeTree: root.addChildren(paths.map((path) => createRoute({ getParentRoute: () => root, path }))),
    history: createMemoryHistory(),
  });
  await router.load();
  const app = (shown: ReactNode) => (
    <Content value={shown}>
      <AppProviders env="test">
        <RouterProvider router={router as unknown as RegisteredRouter} />
      </AppProviders>
    </Content>
  );
  const user = userEvent.setup({ delay: null });
  const { rerender } = render(app(content));
  return {
    user,
    rerender: (next) => rerender(app(next)),
    path: () => router.state.location.pathname,
  };
}

const Content = createContext<ReactNode>(null);

function ShownContent() {
  return use(Content);
}
