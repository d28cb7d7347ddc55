import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../e2e/test-network.ts';
import { repositoryRoot } from '../scripts/builds.cjs';
import { ensureServerBundle } from '../scripts/server-bundles.ts';
import { ensureWebApp } from '../scripts/web-app.ts';
import { type Figure, latencyFigureOf } from './figures.ts';
import { HelperProcess } from './helper-process.ts';
import {
  type NextRevocation,
  type Revocation,
  type RevocationKind,
  revocationKinds,
} from './revocation-kinds.ts';
import { serveCloud } from './serve-commands.ts';
import type { InstancesRequest } from './servers/instances.ts';
import { StartedProcess } from './started-process.ts';
import { Workplace } from './workplace.ts';

const eventsPerKind = 200;
// Each with an instance of its own, so that what one hears does not wake another.
const workplaces = 4;
/** As long as the cloud takes to look again for what its commands did: no event may come at a chosen moment of that. */
const longestPauseMilliseconds = 250;

/**
 * How long whoever lost access at the cloud still has it at the instance: from the beginning of the act until the open
 * event stream was closed and a request with the access token refused. Whoever did not lose it keeps it.
 */
export async function measureRevocations(): Promise<readonly Figure[]> {
  await ensureWebApp();
  await ensureServerBundle('instance');
  await ensureServerBundle('cloud');
  // On a disk and not in /tmp, which may be memory.
  const cache = join(repositoryRoot, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const root = mkdtempSync(join(cache, 'holdfast-bench-'));
  try {
    await using stack = new AsyncDisposableStack();
    const [port] = (await freePorts(1)) as [number];
    const proxies = ['--trusted-proxy', '127.0.0.1', '--trusted-proxy', '::1'];
    stack.use(await StartedProcess.start({ ...serveCloud({ root, port }, ...proxies), path: '/healthz' }));
    const cloudUrl = `http://localhost:${port}`;
    const operator = stack.use(new HelperProcess<string[]>('operator.ts', [root]));
    const instances = stack.use(new HelperProcess<InstancesRequest>('instances.ts', [root, cloudUrl]));
    const places = await Promise.all(
      Array.from({ length: workplaces }, async (_, index) =>
        stack.use(
          await Workplace.open({ cloudUrl, operator, root: join(root, String(index)), name: String(index) }),
        ),
      ),
    );
    const figures: Figure[] = [];
    for (const [name, kind] of Object.entries(revocationKinds(instances))) {
      const times = (await Promise.all(places.map(async (place) => timesAt(place, kind)))).flat();
      figures.push(
        latencyFigureOf(`${name} → stream closed and token refused, ${times.length} times, ms`, times, {
          atMost: 2_000,
        }),
      );
    }
    return figures;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function timesAt(place: Workplace, kind: RevocationKind): Promise<number[]> {
  using founder = await place.accessOfFounder();
  await founder.listen();
  const next = await kind(place);
  const times: number[] = [];
  for (let count = 0; count < eventsPerKind / workplaces; count += 1) times.push(await timeOf(next));
  if (!founder.isListening || (await founder.status()) !== 200)
    throw new Error('Somebody lost access who should have kept it.');
  return times;
}

async function timeOf(next: NextRevocation): Promise<number> {
  const { access, revoke, after } = await next();
  using _ = access;
  await access.listen();
  await expectStatus(access, 200);
  await sleep(Math.random() * longestPauseMilliseconds);
  const begin = performance.now();
  const refused = async () => {
    await access.untilStreamEnds();
    await expectStatus(access, 401);
    return performance.now() - begin;
  };
  const [time] = await Promise.all([refused(), revoke()]);
  await expectStatus(access, 401);
  await after?.();
  return time;
}

async function expectStatus(access: Revocation['access'], expected: number): Promise<void> {
  const status = await access.status();
  if (status !== expected) throw new Error(`The instance answered ${status} instead of ${expected}.`);
}
