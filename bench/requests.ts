import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCloud } from '../cloud/src/cloud.ts';
import { defaultWebApp } from '../cloud/src/config.ts';
import { createLogger } from '../cloud/src/logger.ts';
import { graphql, ScriptedAccount, startDeviceLogin } from '../e2e/scripted-client.ts';
import { ensureWebApp } from '../scripts/web-app.ts';
import { type Figure, figureOf, round2 } from './figures.ts';
import { processorTimePerRequest } from './load.ts';
import { MeasuredServer } from './measured-server.ts';
import { proofHeaders } from './proofs.ts';

const rounds = 7;
const requestsPerRound = 1_000;

/** What the instance costs, against GraphQL Yoga alone. */
export async function measureRequests(): Promise<readonly Figure[]> {
  await ensureWebApp();
  const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  try {
    await using cloud = await createCloud(
      { dataPath: join(root, 'cloud'), listen: { host: 'localhost', port: 0 }, webApp: defaultWebApp },
      { logger: createLogger({ destination: { write: () => undefined } }) },
    );
    await using instance = await MeasuredServer.start('instance.ts', [root, cloud.url]);
    await using bareYoga = await MeasuredServer.start('bare-yoga.ts');
    const tokens = await claim(cloud.url, instance.url, root);
    const idle = { instance: (await instance.usage()).memory, bareYoga: (await bareYoga.usage()).memory };

    const ratios: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const anonymous = Array.from({ length: requestsPerRound }, () => ({}));
      const floor = await processorTimePerRequest(bareYoga, '{ __typename }', anonymous);
      const proofs = await proofHeaders(`${instance.url}/graphql`, tokens, requestsPerRound);
      const authenticated = await processorTimePerRequest(instance, '{ viewer { id } }', proofs);
      // The first round warms both up.
      if (round > 0) ratios.push(authenticated / floor);
    }
    return [
      figureOf('authenticated query with DPoP proof ÷ bare Yoga { __typename }, processor time', ratios),
      { name: 'idle memory of the instance ÷ bare Yoga', median: round2(idle.instance / idle.bareYoga) },
      { name: 'idle memory of the instance, MiB', median: Math.round(idle.instance / 2 ** 20) },
    ];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Signs a new account in and makes it the owner. */
async function claim(cloudUrl: string, instanceUrl: string, root: string) {
  const resource = await resourceOf(instanceUrl);
  const account = await ScriptedAccount.signUp(cloudUrl, 'owner@example.test');
  const login = await startDeviceLogin(cloudUrl, resource);
  const approved = await account.device('approve', { user_code: login.userCode, instance_name: 'Bench' });
  if (!approved.ok) throw new Error(`The sign-in was not approved: ${await approved.text()}`);
  const tokens = await login.finish();
  const code = readFileSync(join(root, 'instance', 'claim-code'), 'utf8').trim();
  await graphql(
    instanceUrl,
    tokens,
    'mutation ($code: String!) { claimInstance(code: $code) { __typename } }',
    {
      code,
    },
  );
  return tokens;
}

/** Asks until the instance is registered. */
async function resourceOf(instanceUrl: string): Promise<string> {
  for (;;) {
    const response = await fetch(`${instanceUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ instance { resource } }' }),
    });
    const { data } = (await response.json()) as { data: { instance: { resource: string | null } } };
    if (data.instance.resource !== null) return data.instance.resource;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}
