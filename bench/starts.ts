import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../e2e/test-network.ts';
import { repositoryRoot } from '../scripts/builds.cjs';
import { findProgram } from '../scripts/programs.ts';
import { ensureServerBundle } from '../scripts/server-bundles.ts';
import { ensureWebApp } from '../scripts/web-app.ts';
import { type Figure, figureOf } from './figures.ts';
import { claim, startQuietCloud } from './owned-instance.ts';
import { serveInstance } from './serve-commands.ts';
import { StartedProcess, type StartOptions } from './started-process.ts';

const rounds = 21;
const mitmwebRounds = 15;
const idleMilliseconds = 10_000;
const query = { path: '/graphql', body: { query: '{ instance { id state resource } }' } };

/**
 * What it takes to start an instance that has been in use, as `holdfast serve` does it beside a cloud that runs, and
 * what it holds when nobody asks for anything.
 */
export async function measureStarts(): Promise<readonly Figure[]> {
  await ensureWebApp();
  await ensureServerBundle('instance');
  // On a disk and not in /tmp, which may be memory.
  const root = mkdtempSync(join(repositoryRoot, 'node_modules', '.cache', 'holdfast-bench-'));
  try {
    await using cloud = await startQuietCloud(root);
    const [instancePort, barePort] = (await freePorts(2)) as [number, number];
    const instance: StartOptions = {
      ...serveInstance({ root, port: instancePort }, cloud.url),
      path: '/healthz',
    };
    const bareHttp: StartOptions = {
      command: [
        process.execPath,
        fileURLToPath(new URL('servers/bare-http.cjs', import.meta.url)),
        String(barePort),
      ],
      port: barePort,
      path: '/',
    };
    await bringIntoUse(instance, cloud.url, root);
    return [
      ...(await compareStarts(instance, bareHttp)),
      ...(await idleMemory(instance)),
      ...(await compareWithMitmweb(instance, root)),
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function bringIntoUse(instance: StartOptions, cloudUrl: string, root: string): Promise<void> {
  await using _first = await StartedProcess.start(instance);
  await claim(cloudUrl, `http://127.0.0.1:${instance.port}`, root);
}

async function compareStarts(instance: StartOptions, bareHttp: StartOptions): Promise<Figure[]> {
  const [time, ratios, processorRatios, queryRatios]: [number[], number[], number[], number[]] = [
    [],
    [],
    [],
    [],
  ];
  for (let round = 0; round < rounds; round += 1) {
    const floor = await measured(bareHttp);
    const ours = await measured(instance);
    const ourQuery = await measured({ ...instance, ...query });
    time.push(ours.milliseconds);
    ratios.push(ours.milliseconds / floor.milliseconds);
    processorRatios.push(ours.processorMilliseconds / floor.processorMilliseconds);
    queryRatios.push(ourQuery.milliseconds / floor.milliseconds);
  }
  return [
    figureOf('cold start to first answer (/healthz) ÷ bare node:http', ratios, { atMost: 2.5 }),
    figureOf('the same, processor time', processorRatios),
    figureOf('cold start to first answer to a query ÷ bare node:http', queryRatios),
    figureOf('cold start to first answer (/healthz), ms', time),
  ];
}

async function measured(options: StartOptions): Promise<StartedProcess> {
  await using started = await StartedProcess.start(options);
  return started;
}

async function idleMemory(instance: StartOptions): Promise<Figure[]> {
  const megabytes: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    await using ours = await StartedProcess.start({ ...instance, ...query });
    await sleep(idleMilliseconds);
    megabytes.push(ours.residentBytes / 1e6);
  }
  return [
    figureOf('resident memory of the instance, 10 s after its first answer, MB', megabytes, { atMost: 120 }),
  ];
}

/** Against a tool of the same kind: a web page on this machine that shows what nobody else may see. */
async function compareWithMitmweb(instance: StartOptions, root: string): Promise<Figure[]> {
  const program = findProgram('mitmweb');
  if (program === undefined) return [];
  const [webPort, proxyPort] = (await freePorts(2)) as [number, number];
  const mitmweb: StartOptions = {
    command: [
      program,
      ...['--no-web-open-browser', '--web-port', String(webPort)],
      ...[
        '--listen-host',
        '127.0.0.1',
        '--listen-port',
        String(proxyPort),
        '--set',
        `confdir=${join(root, 'mitm')}`,
      ],
    ],
    port: webPort,
    path: '/',
  };
  const ratios: number[] = [];
  // The first start makes keys and compiles.
  for (let round = 0; round <= mitmwebRounds; round += 1) {
    const theirs = await measured(mitmweb);
    const ours = await measured(instance);
    if (round > 0) ratios.push(ours.milliseconds / theirs.milliseconds);
  }
  return [figureOf('cold start to first answer (/healthz) ÷ mitmweb', ratios, { atMost: 0.2 })];
}
