import { existsSync, statSync } from 'node:fs';
import { expect, test } from 'playwright/test';
import { graphql, ScriptedAccount, startDeviceLogin } from '../scripted-client.ts';
import { TestNetwork } from '../test-network.ts';

// What others script against, from outside: HTTP, OAuth and GraphQL, with an independent OAuth client library.

test('a script registers, claims, is accepted, and a second account is not', async () => {
  await using network = await TestNetwork.start();
  const { instanceUrl, cloudUrl } = network;

  const health = await fetch(`${instanceUrl}/healthz`);
  expect(await health.json()).toEqual({ status: 'ok', version: expect.any(String) });

  const instance = await network.publicInstance();
  expect(instance.state).toBe('UNCLAIMED');
  expect(instance.resource).toBe(`${cloudUrl}/instances/${instance.id}`);
  expect(statSync(network.claimCodePath).mode & 0o777).toBe(0o600);

  const owner = await ScriptedAccount.signUp(cloudUrl, 'owner@example.test');
  const login = await startDeviceLogin(cloudUrl, instance.resource);
  expect(await (await login.poll()).json()).toMatchObject({ error: 'authorization_pending' });
  expect(await (await login.poll()).json()).toMatchObject({ error: 'slow_down' });

  const lookup = await owner.device('lookup', { user_code: login.userCode });
  expect(await lookup.json()).toMatchObject({
    user_code: login.userCode,
    instance: { client_id: instance.id, claimed: false },
  });
  const elsewhere = await owner.device('approve', { user_code: login.userCode }, { origin: instanceUrl });
  expect(elsewhere.status).toBe(403);
  const approval = await owner.device('approve', {
    user_code: login.userCode,
    match_code: login.matchCode,
    instance_name: 'Lab',
  });
  expect(approval.status).toBe(200);
  const tokens = await login.finish();

  const beforeClaim = await graphql(instanceUrl, tokens, '{ instance { dataPath } }');
  expect(beforeClaim.status).toBe(403);
  const claim = `mutation ($code: String!) { claimInstance(code: $code) { __typename ... on WrongClaimCode { triesLeft } } }`;
  const wrong = await graphql(instanceUrl, tokens, claim, { code: '00000-00000' });
  expect(await wrong.json()).toEqual({
    data: { claimInstance: { __typename: 'WrongClaimCode', triesLeft: 4 } },
  });
  const right = await graphql(instanceUrl, tokens, claim, { code: network.claimCode });
  expect(await right.json()).toEqual({ data: { claimInstance: { __typename: 'InstanceClaimed' } } });
  expect(existsSync(network.claimCodePath)).toBe(false);

  const viewer = await graphql(instanceUrl, tokens, '{ viewer { email } instance { name state } }');
  expect(await viewer.json()).toEqual({
    data: { viewer: { email: 'owner@example.test' }, instance: { name: 'Lab', state: 'CLAIMED' } },
  });

  const stranger = await ScriptedAccount.signUp(cloudUrl, 'stranger@example.test');
  const second = await startDeviceLogin(cloudUrl, instance.resource);
  const refused = await stranger.device('approve', {
    user_code: second.userCode,
    match_code: second.matchCode,
  });
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({
    error_description: expect.stringContaining('belongs to someone else'),
  });
  await expect(second.finish()).rejects.toMatchObject({
    error: 'access_denied',
    error_description: expect.stringContaining('belongs to someone else'),
  });
});

test('without a token nothing answers but the public part of instance', async () => {
  await using network = await TestNetwork.start();
  const ask = (query: string) =>
    fetch(`${network.instanceUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
  for (const query of [
    '{ viewer { email } }',
    '{ instance { name } }',
    '{ instance { dataPath } }',
    '{ instance { secretsProtection { keySource keyLocation } } }',
    '{ instance { owner { claimedAt } } }',
    'mutation { renameInstance(name: "x") { __typename } }',
    'mutation { claimInstance(code: "00000-00000") { __typename } }',
  ]) {
    const response = await ask(query);
    expect(response.status, query).toBe(401);
    expect(response.headers.get('www-authenticate'), query).toContain('DPoP');
  }
  expect((await ask('{ __schema { types { name } } }')).status).not.toBe(200);
});
