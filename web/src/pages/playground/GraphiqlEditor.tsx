import './monaco-workers.ts';
import './trusted-markdown.ts';
import './plain-answers.ts';
import 'graphiql/style.css';
import { GraphiQL } from 'graphiql';
import { useState } from 'react';
import { editorThemes } from './editor-themes.ts';
import { playgroundFetcher } from './playground-fetcher.ts';
import { playgroundStorage } from './playground-storage.ts';
import { startingQuery } from './starting-query.ts';

interface GraphiqlEditorProps {
  /** Origin of the instance. */
  baseUrl: string;
  theme: 'light' | 'dark';
}

/** GraphiQL, several megabytes of it: import this file lazily. */
export function GraphiqlEditor({ baseUrl, theme }: GraphiqlEditorProps) {
  const [fetcher] = useState(() => playgroundFetcher(baseUrl));
  const [storage] = useState(() => playgroundStorage(baseUrl));
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      defaultQuery={startingQuery}
      forcedTheme={theme}
      editorTheme={editorThemes}
      // The sign-in is sent by itself; typed headers could only replace it by something worse.
      isHeadersEditorEnabled={false}
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo> </GraphiQL.Logo>
    </GraphiQL>
  );
}
