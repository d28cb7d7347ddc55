import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from './builds.cjs';

// `npm run dev`: cloud and instance restart when their source changes, the pages reload by themselves. Both servers
// hand page requests to Vite, so that origins, cookies and DPoP are those of the real thing.
const vitePort = process.env.HOLDFAST_VITE_PORT ?? '5173';
const webApp = `http://localhost:${vitePort}`;
const data = join(repositoryRoot, '.holdfast');

const children: ChildProcess[] = [
  // Not by npm, which does not pass signals on to everything that it starts.
  run(['../node_modules/@graphql-codegen/cli/esm/bin.js', '--config', 'codegen.ts', '--watch'], 'web'),
  run(['../node_modules/vite/bin/vite.js', '--port', vitePort, '--strictPort'], 'web'),
  run(['--watch', 'cloud/src/cli.ts', 'serve', ...['--data-path', join(data, 'cloud'), '--web-app', webApp]]),
  run([
    '--watch',
    'api/src/cli.ts',
    'serve',
    ...['--data-path', join(data, 'instance'), '--key-file', join(data, 'instance.key'), '--web-app', webApp],
    '--no-open',
    '--allow-inspector',
  ]),
];

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of children) child.kill('SIGTERM');
  });
}

function run(nodeArguments: string[], folder = '.'): ChildProcess {
  return spawn(process.execPath, nodeArguments, {
    cwd: join(repositoryRoot, folder),
    stdio: 'inherit',
    env: { ...process.env, HOLDFAST_VITE_PORT: vitePort },
  });
}
