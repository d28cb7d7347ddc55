import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from './web-app.ts';

// `npm run dev`: cloud and instance restart when their source changes, the pages reload by themselves. Both servers
// hand page requests to Vite, so that origins, cookies and DPoP are those of the real thing.
const vitePort = process.env.HOLDFAST_VITE_PORT ?? '5173';
const webApp = `http://localhost:${vitePort}`;
const data = join(repositoryRoot, '.holdfast');

const children: ChildProcess[] = [
  run('npm', ['run', '--silent', 'codegen', '-w', 'web', '--', '--watch']),
  run('npm', ['exec', '-w', 'web', '--', 'vite', '--port', vitePort, '--strictPort']),
  run(process.execPath, [
    '--watch',
    'cloud/src/cli.ts',
    'serve',
    ...['--data-path', join(data, 'cloud'), '--web-app', webApp],
  ]),
  run(process.execPath, [
    '--watch',
    'api/src/cli.ts',
    'serve',
    ...['--data-path', join(data, 'instance'), '--key-file', join(data, 'instance.key'), '--web-app', webApp],
    '--no-open',
  ]),
];

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of children) child.kill(signal);
  });
}

function run(command: string, commandArguments: string[]): ChildProcess {
  return spawn(command, commandArguments, {
    cwd: repositoryRoot,
    stdio: 'inherit',
    env: { ...process.env, HOLDFAST_VITE_PORT: vitePort },
  });
}
