import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cloud, createCloud } from '../cloud/src/cloud.ts';
import { defaultWebApp } from '../cloud/src/config.ts';
import { createLogger } from '../cloud/src/logger.ts';
import { graphql, ScriptedAccount, startDeviceLogin, type Tokens } from '../e2e/scripted-client.ts';

/** A cloud below `root` that says nothing. */
export async function startQuietCloud(root: string): Promise<Cloud> {
  return createCloud(
    { dataPath: join(root, 'cloud'), listen: { host: 'localhost', port: 0 }, webApp: defaultWebApp },
    { logger: createLogger({ destination: { write: () => undefined } }) },
  );
}

/** Signs a new account in and makes it the owner of the instance whose data lies in `root/instance`. */
export async function claim(cloudUrl: string, instanceUrl: string, root: string): Promise<Tokens> {
  const resource = await resourceOf(instanceUrl);
  const account = await ScriptedAccount.signUp(cloudUrl, 'owner@example.test');
  const login = await startDeviceLogin(cloudUrl, resource);
  const approved = await account.device('approve', {
    user_code: login.userCode,
    match_code: login.matchCode,
    instance_name: 'Bench',
  });
  if (!approved.ok) throw new Error(`The sign-in was not approved: ${await approved.text()}`);
  const tokens = await login.finish();
  const code = readFileSync(join(root, 'instance', 'claim-code'), 'utf8').trim();
  const document = 'mutation ($code: String!) { claimInstance(code: $code) { __typename } }';
  await graphql(instanceUrl, tokens, document, { code });
  return tokens;
}

/** Asks until the instance is registered. */
export async function resourceOf(instanceUrl: string): Promise<string> {
  for (;;) {
    const response = await fetch(`${instanceUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ instance { resource } }' }),
    });
    const { data } = (await response.json()) as { data: { instance: { resource: string | null } } };
    if (data.instance.resource !== null) return data.instance.resource;
    await sleep(50);
  }
}
