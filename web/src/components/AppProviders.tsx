import '@mantine/core/styles.css';
import './global.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { cssVariablesResolver, theme } from '../theme.ts';
import { useKeptFocus } from './use-kept-focus.ts';

const colorSchemeManager = localStorageColorSchemeManager({ key: 'holdfast.color-scheme' });

/** A query client for servers that may run on this machine: it never waits for an Internet connection. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      // TanStack Query pauses while `navigator.onLine` is false, although loopback works without a network.
      queries: { networkMode: 'always', retry: 1, retryDelay: 500 },
      mutations: { networkMode: 'always', retry: false },
    },
  });
}

interface AppProvidersProps {
  children: ReactNode;
  /** Own client instead of a new one; the router shares it, and each test has its own. */
  queryClient?: QueryClient;
  /** `test` turns off transitions and portals, so that what is rendered is there at once. */
  env?: 'default' | 'test';
}

/** Theme, colour scheme (the system's until the person chooses) and query client for one app. */
export function AppProviders({ children, queryClient, env = 'default' }: AppProvidersProps) {
  const [client] = useState(() => queryClient ?? createQueryClient());
  useKeptFocus();
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      colorSchemeManager={colorSchemeManager}
      defaultColorScheme="auto"
      env={env}
    >
      <QueryClientProvider client={client}>{children}</QueryClientProvider>
    </MantineProvider>
  );
}
