import { useComputedColorScheme } from '@mantine/core';
import { lazy, Suspense, useCallback } from 'react';
import { Loading } from '../../components/Loading.tsx';
import { EditorNotLoaded } from './EditorNotLoaded.tsx';
import { keepTabsPlain } from './plain-tabs.ts';
import classes from './playground.module.css';

const GraphiqlEditor = lazy(async () => {
  try {
    return { default: (await import('./GraphiqlEditor.tsx')).GraphiqlEditor };
  } catch {
    return { default: EditorNotLoaded };
  }
});

interface PlaygroundPageProps {
  /** Origin of the instance. */
  baseUrl: string;
}

/** GraphiQL for one instance, signed in as the person who looks at it. Fills the frame that it is put into. */
export function PlaygroundPage({ baseUrl }: PlaygroundPageProps) {
  const theme = useComputedColorScheme();
  const mendTabs = useCallback(
    (editor: HTMLDivElement | null) => (editor ? keepTabsPlain(editor) : undefined),
    [],
  );
  return (
    <div className={classes.editor} ref={mendTabs}>
      <Suspense fallback={<Loading label="Loading the playground" />}>
        <GraphiqlEditor baseUrl={baseUrl} theme={theme} />
      </Suspense>
    </div>
  );
}
