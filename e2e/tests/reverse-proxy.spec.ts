import { request } from 'node:http';
import * as oauth from 'oauth4webapi';
import { expect, test } from 'playwright/test';
import { ReverseProxy } from '../reverse-proxy.ts';
import { ScriptedAccount, startDeviceLogin, withDpopNonce } from '../scripted-client.ts';
import { freePorts, TestNetwork } from '../test-network.ts';

// An instance behind a real nginx. Each visitor has an address of its own, of those that loopback has.

const visitor = '127.0.0.2';
const other = '127.0.0.3';
const json = { 'content-type': 'application/json' };
const publicQuery = JSON.stringify({ query: '{ instance { state } }' });

let network: TestNetwork;
let proxy: ReverseProxy;

test.beforeAll(async () => {
  // nginx may have to be installed first.
  test.setTimeout(300_000);
  const [port] = await freePorts(1);
  network = await TestNetwork.start();
  await network.down();
  await network.up('--public-url', `https://localhost:${port}`, '--trusted-proxy', '127.0.0.1');
  proxy = await ReverseProxy.start(port as number, network.instanceUrl);
});

test.afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await network[Symbol.asyncDispose]();
});

/** Past the proxy, straight to the instance, from an address that is nobody's proxy. */
async function askDirectly(headers: Record<string, string>, localAddress = '127.0.0.9') {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const { port } = new URL(network.instanceUrl);
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: '/graphql',
    setHost: false,
    headers: { ...json, ...headers },
    localAddress,
    agent: false,
  });
  outgoing.on('error', reject).on('response', (incoming) => {
    let text = '';
    incoming
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        text += chunk;
      })
      .on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
  });
  outgoing.end(publicQuery);
  return promise;
}

test('row 22: a person signs in and claims through it, with proofs for the public address', async () => {
  expect(network.output).toContain(`${proxy.url}/#claim=`);
  const { resource } = await network.publicInstance();
  const account = await ScriptedAccount.signUp(network.cloudUrl, 'owner@example.test');
  const login = await startDeviceLogin(network.cloudUrl, resource);
  const approval = await account.device('approve', {
    user_code: login.userCode,
    match_code: login.matchCode,
    instance_name: 'Lab',
  });
  expect(approval.status).toBe(200);
  const tokens = await login.finish();

  const ask = async (query: string, address = proxy.url, headers: Record<string, string> = {}) =>
    oauth.protectedResourceRequest(
      tokens.accessToken,
      'POST',
      new URL('/graphql', address),
      new Headers({ ...json, ...headers }),
      JSON.stringify({ query }),
      {
        DPoP: tokens.dpop,
        [oauth.allowInsecureRequests]: true,
        // Whatever the proof is for, the request goes to the proxy.
        [oauth.customFetch]: async (_url: string, init: object) =>
          proxy.fetch(visitor)(`${proxy.url}/graphql`, init),
      },
    );
  const claim = await withDpopNonce(async () =>
    ask(`mutation { claimInstance(code: "${network.claimCode}") { __typename } }`),
  );
  expect(await claim.json()).toEqual({ data: { claimInstance: { __typename: 'InstanceClaimed' } } });
  const answer = await ask('{ instance { name } }');
  expect(await answer.json()).toEqual({ data: { instance: { name: 'Lab' } } });

  await expect(ask('{ viewer { id } }', network.instanceUrl)).rejects.toMatchObject({ status: 401 });
  await expect(ask('{ viewer { id } }', proxy.url.replace('https:', 'http:'))).rejects.toMatchObject({
    status: 401,
  });
  // What a client adds goes through nginx, and counts for nothing.
  const spoofed = { 'x-forwarded-host': 'evil.test', forwarded: 'for=192.0.2.1;host=evil.test;proto=http' };
  expect((await ask('{ viewer { id } }', proxy.url, spoofed)).status).toBe(200);
});

test('row 4, 5: under other names it does not answer, whatever is said to it', async () => {
  const { host } = new URL(proxy.url);
  expect((await askDirectly({ host })).status).toBe(200);
  expect((await askDirectly({ host: 'evil.test' })).status).toBe(403);
  for (const header of ['x-forwarded-host', 'x-original-host'])
    expect((await askDirectly({ host: 'evil.test', [header]: host })).status, header).toBe(403);
  expect((await askDirectly({ host: 'evil.test', forwarded: `host=${host}` })).status).toBe(403);
  const throughProxy = await proxy.fetch(visitor)(`${proxy.url}/graphql`, {
    method: 'POST',
    headers: { ...json, host: 'evil.test', 'x-forwarded-host': host },
    body: publicQuery,
  });
  expect(throughProxy.status).toBe(403);
});

test('row 37: its visitors are told apart by their true addresses', async () => {
  const ask = async (address: string, headers: Record<string, string> = {}) =>
    (
      await proxy.fetch(address)(`${proxy.url}/graphql`, {
        method: 'POST',
        headers: { ...json, ...headers },
        body: publicQuery,
      })
    ).status;
  const flood = async (send: (index: number) => Promise<number>) => {
    const statuses: number[] = [];
    for (let round = 0; round < 50 && !statuses.includes(429); round++)
      statuses.push(...(await Promise.all(Array.from({ length: 50 }, async (_, i) => send(round * 50 + i)))));
    return statuses;
  };
  // Each request claims another address: the one that nginx saw counts.
  const spoof = (index: number) => `198.51.${Math.floor(index / 250)}.${(index % 250) + 1}`;
  expect(await flood((index) => ask(visitor, { 'x-forwarded-for': spoof(index) }))).toContain(429);
  const others = await Promise.all(
    Array.from({ length: 150 }, async () => ask(other, { 'x-forwarded-for': visitor })),
  );
  expect(others.filter((status) => status !== 200)).toEqual([]);

  const { host } = new URL(proxy.url);
  const directly = async (index: number) =>
    (await askDirectly({ host, 'x-forwarded-for': spoof(index), forwarded: `for=${spoof(index)}` })).status;
  expect(await flood(directly)).toContain(429);
});
