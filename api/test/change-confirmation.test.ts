import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Subscription } from './subscription.ts';
import { TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

let cloud: TestCloud;
let instance: TestInstance;
let ann: TestBrowser;

const rename = 'mutation { renameInstance(name: "Attic") { __typename } }';
const introspections = () => cloud.requests.filter((request) => request.endsWith('/introspection')).length;
/** The line for events is down, the cloud can be reached otherwise. */
const noEvents = ({ url }: Request) =>
  url.endsWith('/events') ? new Response('', { status: 503 }) : undefined;

beforeEach(async () => {
  cloud = await TestCloud.start();
  cloud.deliversEvents = true;
  instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  ann = await TestBrowser.create(instance);
  await ann.claim(await instance.claimCode());
});

afterEach(async () => {
  await instance[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

/** Starts again, and hears nothing of the cloud from then on. */
async function loseTheLine(): Promise<void> {
  await instance.down();
  cloud.fault = noEvents;
  await instance.up();
  await ann.ask('{ viewer { id } }');
}

test('while the cloud tells whose access ended, a change needs no word of it', async () => {
  await vi.waitFor(() => expect(cloud.requests).toContain('POST /api/instance/events'));
  await sleep(100);
  const before = introspections();
  expect((await ann.ask(rename)).data).toEqual({ renameInstance: { __typename: 'InstanceRenamed' } });
  expect(introspections()).toBe(before);
});

test('row 28: without contact a change needs the word of the cloud; what changes nothing does not', async () => {
  await loseTheLine();
  const before = introspections();
  expect((await ann.ask('{ viewer { id } }')).status).toBe(200);
  await using stream = await Subscription.of(ann, 'subscription { instanceChanged { name } }');
  expect(await stream.nextData()).toEqual({ instanceChanged: { name: 'Lab' } });
  expect(introspections()).toBe(before);
  expect((await ann.ask(rename)).data).toEqual({ renameInstance: { __typename: 'InstanceRenamed' } });
  expect(introspections()).toBe(before + 1);
});

test('row 28: a token that the cloud does not count any more changes nothing, and is challenged', async () => {
  await loseTheLine();
  cloud.isActive = () => false;
  const { status, code, errors, headers } = await ann.ask(rename);
  expect([status, code]).toEqual([401, 'invalid_token']);
  expect(errors[0]?.message).toContain('does not count any more');
  expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
  expect(cloud.name).toBe('Lab');
  expect((await ann.ask('{ viewer { id } }')).status).toBe(200);
  const { data } = await ann.ask('{ auditEntries(first: 5) { edges { node { outcome detail } } } }');
  expect(JSON.stringify(data)).toContain('does not count any more');
});

test('row 28: while the cloud is gone, nothing can be changed, and everything can be read', async () => {
  await instance.down();
  await cloud.down();
  await instance.up();
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const { status, code, errors } = await ann.ask(rename);
    expect([status, code]).toEqual([503, 'unconfirmed']);
    expect(errors[0]?.message).toContain('Nothing was changed');
    expect(errors[0]?.message).toContain('nothing listens at that address');
  }
  expect(instance.logLines.join('')).not.toContain('a GraphQL request failed');
  expect((await ann.ask('{ viewer { id } }')).status).toBe(200);
  await cloud.up();
  await vi.waitFor(
    async () =>
      expect((await ann.ask(rename)).data).toEqual({ renameInstance: { __typename: 'InstanceRenamed' } }),
    { timeout: 10_000, interval: 200 },
  );
});

test('of several operations in a document, the one that is executed counts', async () => {
  await loseTheLine();
  const before = introspections();
  const document = `query look { viewer { id } } ${rename.replace('mutation', 'mutation change')}`;
  const ask = async (operationName: string) =>
    fetch(`${instance.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await ann.headers()) },
      body: JSON.stringify({ query: document, operationName }),
    });
  expect((await ask('look')).status).toBe(200);
  expect(introspections()).toBe(before);
  cloud.isActive = () => false;
  expect((await ask('change')).status).toBe(401);
  expect(introspections()).toBe(before + 1);
  expect(cloud.name).toBe('Lab');
});

test.each<[string, () => Response, string]>([
  [
    'refuses the credentials',
    () => Response.json({ error: 'invalid_client' }, { status: 401 }),
    'credentials',
  ],
  ['talks nonsense', () => new Response('<html>'), 'makes no sense'],
  ['fails', () => new Response('', { status: 500 }), 'HTTP status 500'],
  ['does not say it clearly', () => Response.json({ active: 'yes' }), 'makes no sense'],
])('a cloud that %s confirms nothing', async (_what, answer, words) => {
  await loseTheLine();
  cloud.fault = (request) => (request.url.endsWith('/introspection') ? answer() : noEvents(request));
  const { status, code, errors } = await ann.ask(rename);
  expect([status, code]).toEqual([503, 'unconfirmed']);
  expect(errors[0]?.message).toContain(words);
  expect(cloud.name).toBe('Lab');
});

test('row 28: a cloud that has more to tell has not told everything', async () => {
  await loseTheLine();
  cloud.fault = ({ url }) =>
    url.endsWith('/events') ? Response.json({ sets: {}, moreAvailable: true }) : undefined;
  await vi.waitFor(() => expect(cloud.requests.at(-1)).toBe('POST /api/instance/events'));
  await sleep(1_500);
  cloud.isActive = () => false;
  expect((await ann.ask(rename)).status).toBe(401);
  cloud.fault = () => undefined;
  await vi.waitFor(async () => expect((await ann.ask(rename)).status).toBe(200), { timeout: 5_000 });
});

test('after a lost line the cloud is asked at once for what was missed', async () => {
  await loseTheLine();
  const bodies: unknown[] = [];
  cloud.fault = async (request) => {
    if (request.url.endsWith('/events')) bodies.push(await request.clone().json());
    return undefined;
  };
  await vi.waitFor(() => expect(bodies.length).toBeGreaterThan(1), { timeout: 5_000, interval: 20 });
  expect(bodies[0]).toMatchObject({ returnImmediately: true });
  expect(bodies[1]).toMatchObject({ returnImmediately: false });
});
