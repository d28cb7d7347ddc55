import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { Subscription } from './subscription.ts';
import { TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

let cloud: TestCloud;
let instance: TestInstance;
let ann: TestBrowser;
let elsewhere: TestBrowser;

beforeEach(async () => {
  cloud = await TestCloud.start();
  cloud.deliversEvents = true;
  instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  ann = await TestBrowser.create(instance);
  elsewhere = await TestBrowser.create(instance, { grant_id: 'grant-2' });
  await ann.claim(await instance.claimCode());
});

afterEach(async () => {
  await instance[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

const statusOf = async (browser: TestBrowser) => (await browser.ask('{ viewer { id } }')).status;

async function untilAcknowledged(): Promise<void> {
  await vi.waitFor(() => expect(cloud.events.size).toBe(0), { timeout: 5_000, interval: 20 });
}

test('row 28: a sign-in that ended is refused within 2 s, also after a restart; others go on', async () => {
  expect([await statusOf(ann), await statusOf(elsewhere)]).toEqual([200, 200]);
  const begin = performance.now();
  await cloud.endAccess({ format: 'opaque', id: 'grant-1' });
  await vi.waitFor(async () => expect(await statusOf(ann)).toBe(401), { timeout: 2_000, interval: 20 });
  expect(performance.now() - begin).toBeLessThan(2_000);
  expect((await ann.ask('{ viewer { id } }')).errors[0]?.message).toContain('ended at the cloud');
  expect(await statusOf(elsewhere)).toBe(200);
  await untilAcknowledged();
  await instance.down();
  await instance.up();
  expect([await statusOf(ann), await statusOf(elsewhere)]).toEqual([401, 200]);
});

test('rows 25, 28: the news count although a made-up key keeps the new one, by which they are signed, from being asked for', async () => {
  expect(await statusOf(ann)).toBe(200);
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid: 'made-up' })).toString(
    'base64url',
  );
  const authorization = `DPoP ${header}.e30.${'A'.repeat(86)}`;
  expect((await instance.anonymously('{ viewer { id } }', { authorization })).status).toBe(401);
  await cloud.rotateKeys();
  await cloud.endAccess({ format: 'opaque', id: 'grant-1' });
  await untilAcknowledged();
  // Its key is known by now.
  expect((await ann.ask('{ viewer { id } }')).errors[0]?.message).toContain('ended at the cloud');
});

test('row 25: an instance that nobody uses forgets a withdrawn key too, ten minutes after it last asked', async () => {
  await instance[Symbol.asyncDispose]();
  cloud.instanceTokenSeconds = 86_400;
  let now = Date.now();
  instance = await TestInstance.start(cloud, {}, { clock: { ...systemClock, now: () => now } });
  await instance.untilRegistered();
  ann = await TestBrowser.create(instance);
  expect(await statusOf(ann)).toBe(200);
  await cloud.rotateKeys(true);
  const fetches = () => cloud.requests.filter((route) => route === 'GET /jwks').length;
  const before = fetches();
  now += 600_001;
  await vi.waitFor(() => expect(fetches()).toBe(before + 1), { timeout: 5_000, interval: 20 });
});

interface Shown {
  readonly edges: readonly { readonly node: Record<string, unknown> }[];
}

async function shownTo(browser: TestBrowser): Promise<{ audit: unknown[]; sessions: unknown[] }> {
  const { data } = await browser.ask(`{
    auditEntries(filter: { actions: [SIGNED_OUT, SESSION_ENDED] }) { edges { node { action actor { id } userAgent detail } } }
    sessions { edges { node { endReason isCurrent } } }
  }`);
  const nodes = (list: unknown) => (list as Shown).edges.map(({ node }) => node);
  return { audit: nodes(data?.auditEntries), sessions: nodes(data?.sessions) };
}

test('a sign-in that ended at the cloud is told of once, and its session as one that has ended', async () => {
  expect([await statusOf(ann), await statusOf(elsewhere)]).toEqual([200, 200]);
  for (let time = 0; time < 2; time += 1) {
    await cloud.endAccess({ format: 'opaque', id: 'grant-1' });
    await untilAcknowledged();
  }
  const { audit, sessions } = await shownTo(elsewhere);
  expect(audit).toEqual([
    { action: 'SESSION_ENDED', actor: null, userAgent: null, detail: 'of Ann (ann@example.test)' },
  ]);
  expect(sessions).toEqual(
    expect.arrayContaining([
      { endReason: null, isCurrent: true },
      { endReason: 'ENDED_AT_CLOUD', isCurrent: false },
    ]),
  );
});

test('row 28: whoever signs out is out at once and after a restart, without the cloud, and is in the audit log once', async () => {
  expect([await statusOf(ann), await statusOf(elsewhere)]).toEqual([200, 200]);
  await using stream = await Subscription.of(ann, 'subscription { instanceChanged { name } }');
  expect(await stream.nextData()).toBeDefined();
  expect((await ann.ask('mutation { signOut }')).data).toEqual({ signOut: true });
  const begin = performance.now();
  expect((await stream.next())?.data?.errors?.[0]?.extensions.code).toBe('access_denied');
  // Not only with its next sign of life.
  expect(performance.now() - begin).toBeLessThan(2_000);
  expect([await statusOf(ann), await statusOf(elsewhere)]).toEqual([401, 200]);
  await instance.down();
  await instance.up();
  expect([await statusOf(ann), await statusOf(elsewhere)]).toEqual([401, 200]);
  // What the cloud says afterwards is no news.
  await cloud.endAccess({ format: 'opaque', id: 'grant-1' });
  await untilAcknowledged();
  const { audit, sessions } = await shownTo(elsewhere);
  expect(audit).toEqual([
    { action: 'SIGNED_OUT', actor: { id: 'account-1' }, userAgent: 'node', detail: null },
  ]);
  expect(sessions).toContainEqual({ endReason: 'SIGNED_OUT', isCurrent: false });
});

test('a viewer may sign out; who is nobody may not', async () => {
  const viewer = await TestBrowser.create(instance, { role: 'viewer', grant_id: 'grant-3' });
  expect((await viewer.ask('mutation { signOut }')).data).toEqual({ signOut: true });
  expect(await statusOf(viewer)).toBe(401);
  const { errors } = await instance.anonymously('mutation { signOut }');
  expect(errors[0]?.extensions?.code).toBe('unauthenticated');
});

test('row 28: an open stream of it is closed, those of others are not', async () => {
  const query = 'subscription { instanceChanged { name } }';
  await using its = await Subscription.of(ann, query);
  await using others = await Subscription.of(elsewhere, query);
  // Each begins with what is so.
  for (const stream of [its, others]) expect(await stream.nextData()).toBeDefined();
  await cloud.endAccess({ format: 'opaque', id: 'grant-1' });
  expect((await its.next())?.data?.errors?.[0]?.extensions.code).toBe('access_denied');
  expect((await its.next())?.event).toBe('complete');
  await untilAcknowledged();
  cloud.name = 'Attic';
  expect((await elsewhere.ask('mutation { renameInstance(name: "Attic") { __typename } }')).status).toBe(200);
  expect(await others.nextData()).toEqual({ instanceChanged: { name: 'Attic' } });
});

test('row 28: of an account that was closed, every sign-in ends', async () => {
  // Later than the tokens that are made while it is on its way.
  const iat = Math.floor(Date.now() / 1_000) + 10;
  await cloud.endAccess({ format: 'iss_sub', iss: cloud.issuer, sub: 'account-1' }, { iat });
  await vi.waitFor(async () => expect([await statusOf(ann), await statusOf(elsewhere)]).toEqual([401, 401]), {
    timeout: 2_000,
    interval: 20,
  });
});

test('row 28: of an account with another role, tokens with the old one are refused, new ones count at once', async () => {
  const renewed = await TestBrowser.create(instance, { role: 'viewer' });
  const query = 'subscription { instanceChanged { name } }';
  await using stream = await Subscription.of(ann, query);
  expect(await stream.nextData()).toBeDefined();
  const subject = { format: 'iss_sub', iss: cloud.issuer, sub: 'account-1' };
  const type = 'https://schemas.openid.net/secevent/caep/event-type/token-claims-change';
  await cloud.endAccess(subject, { events: { [type]: { claims: { role: 'viewer' } } } });
  await vi.waitFor(async () => expect(await statusOf(ann)).toBe(401), { timeout: 2_000, interval: 20 });
  expect((await stream.next())?.data?.errors?.[0]?.extensions.code).toBe('access_denied');
  // Within the same second: who renews at once must not be signed out.
  const { data } = await renewed.ask('{ viewer { role } }');
  expect(data).toEqual({ viewer: { role: 'VIEWER' } });
  await untilAcknowledged();
  await instance.down();
  await instance.up();
  expect([await statusOf(ann), await statusOf(renewed)]).toEqual([401, 200]);
});

test('row 65: another copy is told of in a notice and once in the audit log, until it is gone', async () => {
  const [run] = [...cloud.runs];
  expect(run).toMatch(/^[\w-]{22}$/);
  cloud.otherRunSince = 1_800_000_000;
  const isTold = (notices: readonly { code: string; message: string }[]) =>
    notices.find(({ code }) => code === 'OTHER_COPY_RUNS');
  await instance.until(({ notices }) => isTold(notices)?.message.includes('2027-01-15 08:00 UTC') === true);
  cloud.otherRunSince = 1_800_000_060;
  await instance.until(({ notices }) => isTold(notices)?.message.includes('2027-01-15 08:01 UTC') === true);
  cloud.otherRunSince = null;
  await instance.until(({ notices }) => isTold(notices) === undefined);
  const { data } = await ann.ask(
    '{ auditEntries(filter: { actions: [OTHER_COPY_SEEN] }) { edges { node { outcome actor { id } detail } } } }',
  );
  const { auditEntries } = data as Readonly<Record<string, Shown>>;
  expect(auditEntries?.edges.map(({ node }) => node)).toEqual([
    { outcome: 'FAILED', actor: null, detail: 'running since 2027-01-15 08:00 UTC' },
  ]);
  // The same run all the time, and another after a restart; it is written nowhere.
  expect(cloud.runs.size).toBe(1);
  await instance.down();
  await instance.up();
  await vi.waitFor(() => expect(cloud.runs.size).toBe(2), { timeout: 5_000, interval: 20 });
  const places = [...(await instance.everythingOnDisk()).values(), Buffer.from(instance.logLines.join(''))];
  for (const place of places) for (const name of cloud.runs) expect(place.includes(String(name))).toBe(false);
});

test.each(['soon', -1, 1e15, {}])('of another copy since %j nothing is told', async (since) => {
  cloud.otherRunSince = since;
  await cloud.endAccess({ format: 'opaque', id: 'grant-1' });
  await untilAcknowledged();
  expect((await instance.anonymously('{ instance { notices { code } } }')).data).toEqual({
    instance: { notices: [] },
  });
});

test('an event that is not ours ends nothing, is told in the log, and does not come again', async () => {
  await cloud.endAccess({ format: 'opaque', id: 'grant-1' }, { aud: 'another-instance' });
  await untilAcknowledged();
  expect(await statusOf(ann)).toBe(200);
  expect(instance.logLines.join('')).toContain('cannot use');
});

test('a cloud that cannot be asked is told of, and asked again', async () => {
  cloud.fault = (request) =>
    request.url.endsWith('/events') ? new Response('nonsense', { status: 200 }) : undefined;
  await instance.until(({ notices }) => notices.some(({ code }) => code === 'CLOUD_UNREACHABLE'));
  expect(await statusOf(ann)).toBe(200);
  cloud.fault = () => undefined;
  await instance.until(({ notices }) => notices.length === 0);
});

test('a cloud that answers at once without news is not asked faster than once in a second', async () => {
  cloud.fault = (request) =>
    request.url.endsWith('/events') ? Response.json({ sets: {}, moreAvailable: false }) : undefined;
  const count = () => cloud.requests.filter((request) => request.endsWith('/events')).length;
  const before = count();
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(count() - before).toBeLessThanOrEqual(3);
});
