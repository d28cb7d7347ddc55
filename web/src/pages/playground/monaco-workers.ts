/* oxlint-disable import/default -- Vite makes the default exports, of `?worker&url` */
import editorWorker from 'monaco-editor/esm/vs/editor/editor.worker.js?worker&url';
import jsonWorker from 'monaco-editor/esm/vs/language/json/json.worker.js?worker&url';
import graphqlWorker from 'monaco-graphql/esm/graphql.worker.js?worker&url';
import { createPolicy } from '../../trusted-types/create-policy.ts';

const workers = new Map([
  ['json', jsonWorker],
  ['graphql', graphqlWorker],
]);

/** No other script than these three runs as a worker. */
const policy = createPolicy('holdfast-workers', {
  createScriptURL: (label) => workers.get(label) ?? editorWorker,
});

// GraphiQL's own `setup-workers/vite` does the same without Trusted Types, and fails under `vite dev`, where it is
// bundled ahead of time and its `?worker` imports no longer mean anything.
self.MonacoEnvironment = {
  getWorker: (_workerId, label) => new Worker(policy.createScriptURL(label), { type: 'module', name: label }),
};
