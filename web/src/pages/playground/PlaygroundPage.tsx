import { useComputedColorScheme } from '@mantine/core';
import { lazy, Suspense, useCallback } from 'react';
import { useSession } from '../../auth/AuthProvider.tsx';
import { Loading } from '../../components/Loading.tsx';
import { useBookmarks } from '../../instances/bookmarks.ts';
import { SignInFirst } from '../SignInFirst.tsx';
import { keepTabsPlain } from './plain-tabs.ts';
import classes from './playground.module.css';

const GraphiqlEditor = lazy(async () => ({ default: (await import('./GraphiqlEditor.tsx')).GraphiqlEditor }));

interface PlaygroundPageProps {
  /** Origin of the instance. */
  baseUrl: string;
}

/** GraphiQL for one instance, signed in as the person who looks at it. Fills the frame that it is put into. */
export function PlaygroundPage({ baseUrl }: PlaygroundPageProps) {
  const { session, signedOutReason } = useSession(baseUrl);
  const theme = useComputedColorScheme();
  const mendTabs = useCallback(
    (editor: HTMLDivElement | null) => (editor ? keepTabsPlain(editor) : undefined),
    [],
  );
  const bookmark = useBookmarks().find(({ url }) => url === baseUrl);
  if (session === undefined) {
    return (
      <SignInFirst
        bookmarkId={bookmark?.id ?? 'this'}
        reason={
          signedOutReason?.message ?? 'The playground runs queries as you, so it needs to know who you are.'
        }
      />
    );
  }
  return (
    <div className={classes.editor} ref={mendTabs}>
      <Suspense fallback={<Loading label="Loading the playground" />}>
        {/* A new sign-in may be another person's: the key drops the schema and the answers of the one before. */}
        <GraphiqlEditor key={session.dpopKeyId} baseUrl={baseUrl} theme={theme} />
      </Suspense>
    </div>
  );
}
