import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tokens } from '../e2e/scripted-client.ts';
import { ensureWebApp } from '../scripts/web-app.ts';
import { anotherNetwork } from './another-network.ts';
import { type Figure, figureOf } from './figures.ts';
import { processorTimePerRequest } from './load.ts';
import { MeasuredServer } from './measured-server.ts';
import { claim, startQuietCloud } from './owned-instance.ts';
import { type ProofHeaders, proofHeaders } from './proofs.ts';

const warmUp = 1_000;
const requests = 10_000;
const keyCooldownMilliseconds = 30_000;

/**
 * What is left of many requests with bad credentials. Each comes from a network of its own, through a proxy that the
 * instance trusts: from one network they would soon be answered 429 instead.
 */
export async function measureFloods(): Promise<readonly Figure[]> {
  await ensureWebApp();
  const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    await using cloud = await startQuietCloud(root);
    await using instance = await MeasuredServer.start('instance.ts', [root, cloud.url, '127.0.0.1/32']);
    const tokens = await claim(cloud.url, instance.url, root);
    const flood = async (kind: string, headersOf: (count: number) => Promise<Record<string, string>[]>) => {
      await processorTimePerRequest(instance, '{ viewer { id } }', await headersOf(warmUp), 401);
      // The keys may be fetched again now, so that the flood gets what it can.
      await sleep(keyCooldownMilliseconds);
      const before = await instance.usage();
      const time = await processorTimePerRequest(
        instance,
        '{ viewer { id } }',
        await headersOf(requests),
        401,
      );
      const after = await instance.usage();
      return [
        figureOf(
          `10,000 ${kind}, each answered 401: growth of heap and buffers, MB`,
          [(after.heap - before.heap) / 1e6],
          { atMost: 10 },
        ),
        figureOf(`10,000 ${kind}: fetches of the cloud's keys`, [after.keyFetches - before.keyFetches], {
          atMost: 1,
        }),
        figureOf(`10,000 ${kind}: processor time per request, µs`, [time]),
      ];
    };
    return [
      ...(await flood('tokens with unknown keys', async (count) => unknownTokens(instance.url, count))),
      ...(await flood('malformed proofs', async (count) => malformedProofs(instance.url, tokens, count))),
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Tokens that are right in every way but the key, which nobody knows. */
function unknownTokens(url: string, count: number): Record<string, string>[] {
  const now = Math.floor(Date.now() / 1_000);
  return Array.from({ length: count }, () => {
    const header = encode({ alg: 'ES256', typ: 'at+jwt', kid: randomUUID() });
    const claims = encode({ iss: url, aud: url, sub: randomUUID(), iat: now, exp: now + 300 });
    const signature = randomBytes(64).toString('base64url');
    return { authorization: `DPoP ${header}.${claims}.${signature}`, ...anotherNetwork() };
  });
}

/** Proofs of a good token, each broken in one of several ways. */
async function malformedProofs(
  url: string,
  tokens: Tokens,
  count: number,
): Promise<Record<string, string>[]> {
  const good = await proofHeaders(`${url}/graphql`, tokens, count);
  return good.map(({ authorization, dpop }, index) => ({
    authorization,
    dpop: (breakages[index % breakages.length] as (proof: string) => string)(dpop),
    ...anotherNetwork(),
  }));
}

const breakages: readonly ((proof: ProofHeaders['dpop']) => string)[] = [
  () => randomBytes(200).toString('base64url'),
  (proof) => proof.slice(0, proof.lastIndexOf('.')),
  (proof) => `${proof.slice(0, -86)}${randomBytes(64).toString('base64url')}`,
  (proof) => `${proof}, ${proof}`,
  (proof) => proof.replace('.', `${randomBytes(1_000).toString('base64url')}.`),
  (proof) =>
    `${encode({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty: 'EC' } })}${proof.slice(proof.indexOf('.'))}`,
];

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
