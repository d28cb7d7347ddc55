import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureWebApp } from '../scripts/web-app.ts';
import { type Figure, figureOf } from './figures.ts';
import { processorTimePerRequest } from './load.ts';
import { MeasuredServer } from './measured-server.ts';
import { claim, startQuietCloud } from './owned-instance.ts';
import { ProofJudge, proofHeaders } from './proofs.ts';

// Many short rounds: what else the machine does then hits both sides of a ratio alike.
const rounds = 41;
const requestsPerRound = 250;
const warmUpRounds = 20;

/** What a request costs the instance, against GraphQL Yoga alone. */
export async function measureRequests(): Promise<readonly Figure[]> {
  await ensureWebApp();
  const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    await using cloud = await startQuietCloud(root);
    await using instance = await MeasuredServer.start('instance.ts', [root, cloud.url]);
    await using bareYoga = await MeasuredServer.start('bare-yoga.ts');
    const tokens = await claim(cloud.url, instance.url, root);
    const address = `${instance.url}/graphql`;
    const judge = await ProofJudge.of(tokens, address);

    const anonymous = Array.from({ length: requestsPerRound }, () => ({}));
    const [withProof, withoutProof, proofAlone]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < warmUpRounds + rounds; round += 1) {
      const floor = await processorTimePerRequest(bareYoga, '{ __typename }', anonymous);
      const proofs = await proofHeaders(address, tokens, requestsPerRound);
      const authenticated = await processorTimePerRequest(instance, '{ viewer { id } }', proofs);
      const judging = judge.processorTimePerProof(await proofHeaders(address, tokens, requestsPerRound));
      // By then V8 has optimised what it will.
      if (round < warmUpRounds) continue;
      withProof.push(authenticated / floor);
      withoutProof.push((authenticated - judging) / floor);
      proofAlone.push(judging);
    }
    const floor = 'bare Yoga { __typename }, processor time';
    return [
      figureOf(
        `authenticated query, token cached, less what judging its proof takes alone ÷ ${floor}`,
        withoutProof,
        { atMost: 1.15 },
      ),
      figureOf(`authenticated query, token cached, with a DPoP proof of its own ÷ ${floor}`, withProof, {
        atMost: 1.6,
      }),
      figureOf('judging a DPoP proof alone, processor time, µs', proofAlone),
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
