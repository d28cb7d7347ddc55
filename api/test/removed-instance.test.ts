import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Subscription } from './subscription.ts';
import { TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

let cloud: TestCloud;
let instance: TestInstance;
let ann: TestBrowser;

beforeEach(async () => {
  cloud = await TestCloud.start();
  cloud.deliversEvents = true;
  instance = await TestInstance.start(cloud);
  await instance.untilConnected();
  await vi.waitFor(() => expect(cloud.requests).toContain('POST /api/instance/events'));
  ann = await TestBrowser.create(instance);
});

afterEach(async () => {
  await instance[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

const viewer = '{ viewer { id } }';
const statusOfAnn = async () => (await ann.ask(viewer)).status;
const within2Seconds = { timeout: 2_000, interval: 20 };

test('row 28: an instance that the cloud has removed lets nobody in, until the cloud knows it again', async () => {
  await ann.claim(await instance.claimCode());
  // Nothing comes of it while nobody does anything.
  await using stream = await Subscription.of(ann, 'subscription { auditEntryAdded { id } }');
  const [[clientId, clientSecret]] = [...cloud.clients] as [[string, string]];
  cloud.clients.set(clientId, 'of another instance');
  const begin = performance.now();
  cloud.instanceTokens.clear();
  const codes = (await stream.rest()).map(({ data }) => data?.errors?.[0]?.extensions.code);
  expect(performance.now() - begin).toBeLessThan(2_000);
  expect(codes).toContain('access_denied');
  const refused = await ann.ask(viewer);
  expect(refused.status).toBe(401);
  expect(refused.errors[0]?.message).toContain('does not know this instance any more');
  // Its page says why, and nobody else can claim it.
  await instance.until(
    ({ state, notices }) => state === 'CLAIMED' && notices.some(({ code }) => code === 'CREDENTIALS_REFUSED'),
  );

  await instance.down();
  await instance.up();
  await vi.waitFor(async () => expect(await statusOfAnn()).toBe(401), within2Seconds);

  cloud.clients.set(clientId, clientSecret);
  await instance.until(({ notices }) => notices.length === 0);
  expect(await statusOfAnn()).toBe(200);
});

test('row 28: an unclaimed one registers anew while it runs, takes tokens for the new registration, and hears whose access ended', async () => {
  const formerId = cloud.clientId;
  expect(await statusOfAnn()).toBe(200);
  cloud.clients.delete(formerId);
  cloud.instanceTokens.clear();
  await vi.waitFor(async () => {
    expect(cloud.clientId).not.toBe(formerId);
    expect(await statusOfAnn()).toBe(200);
  }, within2Seconds);
  expect(await ann.claim(await instance.claimCode())).toEqual({ __typename: 'InstanceClaimed' });
  await cloud.endAccess({ format: 'opaque', id: 'grant-1' });
  await vi.waitFor(async () => expect(await statusOfAnn()).toBe(401), within2Seconds);
});

test.each<[string, () => Response]>([
  [
    'challenges',
    () => new Response('', { status: 401, headers: { 'www-authenticate': 'Basic realm="proxy"' } }),
  ],
  [
    'shows a page to sign in',
    () => new Response('<html>', { status: 401, headers: { 'content-type': 'text/html' } }),
  ],
  ['forbids it', () => Response.json({ error: 'forbidden' }, { status: 403 })],
  ['forbids it in the words of OAuth', () => Response.json({ error: 'access_denied' }, { status: 401 })],
  ['says so in plain text', () => new Response('{"error":"invalid_client"}', { status: 401 })],
  ['has no gateway', () => Response.json({ error: 'invalid_client' }, { status: 502 })],
])(
  'a proxy before the cloud that %s shuts nobody out',
  async (_what, answer) => {
    await ann.claim(await instance.claimCode());
    const before = cloud.requests.length;
    const tokenRequests = () =>
      cloud.requests.slice(before).filter((route) => route === 'POST /token').length;
    cloud.fault = ({ url }) => (url.endsWith('/token') ? answer() : undefined);
    cloud.instanceTokens.clear();
    await vi.waitFor(() => expect(tokenRequests()).toBeGreaterThan(1), { timeout: 5_000 });
    await instance.until(({ notices }) => notices.some(({ code }) => code === 'CLOUD_UNREACHABLE'));
    expect(await statusOfAnn()).toBe(200);
    expect(instance.logLines.join('\n')).not.toContain('CREDENTIALS_REFUSED');
  },
  20_000,
);

test('nor does it make an unclaimed instance register anew', async () => {
  const fromProxy = () =>
    new Response('', { status: 401, headers: { 'www-authenticate': 'Basic realm="proxy"' } });
  cloud.fault = ({ url }) => (/\/(token|api\/.*)$/.test(url) ? fromProxy() : undefined);
  cloud.instanceTokens.clear();
  await instance.until(({ notices }) => notices.some(({ code }) => code === 'CLOUD_UNREACHABLE'));
  cloud.fault = () => undefined;
  await instance.until(({ notices }) => notices.length === 0);
  expect(cloud.clients.size).toBe(1);
  expect(await statusOfAnn()).toBe(200);
}, 20_000);
