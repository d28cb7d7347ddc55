import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Subscription } from './subscription.ts';
import { TestCloud } from './test-cloud.ts';
import { TestBrowser, TestInstance } from './test-instance.ts';

const nameChanges = 'subscription { instanceChanged { name } }';
const entries = 'subscription { auditEntryAdded { id action detail } }';

let cloud: TestCloud;
let instance: TestInstance;
let owner: TestBrowser;

beforeAll(async () => {
  cloud = await TestCloud.start();
  instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  owner = await TestBrowser.create(instance);
  await owner.claim(await instance.claimCode());
});
afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

const rename = async (name: string) =>
  owner.ask('mutation ($name: String!) { renameInstance(name: $name) { __typename } }', { name });

const sessionOf = async (sub = 'account-1') => TestBrowser.create(instance, { sub });

describe('a subscription', () => {
  test('is an event stream that no proxy keeps back, with the security headers of every answer', async () => {
    await using stream = await Subscription.of(owner, nameChanges);
    expect(stream.response.statusCode).toBe(200);
    expect(stream.response.headers).toMatchObject({
      ...{ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
      'x-content-type-options': 'nosniff',
    });
  });

  test('to the instance says how it is, and then each change', async () => {
    await using stream = await Subscription.of(owner, nameChanges);
    await rename('One');
    const names = [await stream.nextData()];
    if (JSON.stringify(names[0]) !== '{"instanceChanged":{"name":"One"}}')
      names.push(await stream.nextData());
    expect(names.at(-1)).toEqual({ instanceChanged: { name: 'One' } });
    await rename('Two');
    expect(await stream.nextData()).toEqual({ instanceChanged: { name: 'Two' } });
  });

  test('to the instance tells of notices as they come and go', async () => {
    await using stream = await Subscription.of(
      owner,
      'subscription { instanceChanged { notices { code } } }',
    );
    expect(await stream.nextData()).toEqual({ instanceChanged: { notices: [] } });
    await cloud.down();
    await instance.down();
    const end = await stream.rest();
    expect(end.at(-1)?.event).toBe('complete');
    await instance.up();
    const looks = () => cloud.requests.filter((request) => request === 'GET /api/instance').length;
    const before = looks();
    await cloud.up();
    // By then it compares its name with the cloud's, which the next test changes.
    await vi.waitFor(() => expect(looks()).toBeGreaterThan(before), { timeout: 5_000 });
    await instance.until(({ notices }) => notices.length === 0);
  });

  test('to the audit log tells the newest entry and each that is added, with the id that pages show', async () => {
    await using stream = await Subscription.of(owner, entries);
    await stream.nextData();
    await rename('Three');
    const { auditEntryAdded } = await stream.nextData();
    expect(auditEntryAdded).toMatchObject({ action: 'INSTANCE_RENAMED' });
    const { data } = await owner.ask('{ auditEntries(first: 1) { edges { node { id action detail } } } }');
    expect(data).toEqual({ auditEntries: { edges: [{ node: auditEntryAdded }] } });
  });

  test('that is asked for without an event stream is refused', async () => {
    const { authorization, dpop } = await owner.headers();
    const response = await fetch(`${instance.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', authorization, dpop },
      body: JSON.stringify({ query: entries }),
    });
    expect(response.status).toBe(406);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'not_acceptable' } }] });
  });

  test('that is malformed is answered with its errors, at once', async () => {
    const stream = await Subscription.of(owner, 'subscription { nonsense }');
    const events = await stream.rest();
    expect(events).toMatchObject([
      { event: 'next', data: { errors: [{ message: expect.stringContaining('nonsense') }] } },
      { event: 'complete', data: null },
    ]);
  });
});

test('queries may be answered as an event stream too', async () => {
  await using stream = await Subscription.of(owner, '{ viewer { name } }');
  expect(await stream.rest()).toEqual([
    { event: 'next', data: { data: { viewer: { name: 'Ann' } } } },
    { event: 'complete', data: null },
  ]);
});

describe('row 35: nobody else listens', () => {
  test.each([nameChanges, entries])('without a token: %s', async (query) => {
    const stream = await Subscription.open(instance, query);
    expect(stream.response.statusCode).toBe(401);
    expect(await stream.rest()).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'unauthenticated' } }] } },
      { event: 'complete' },
    ]);
  });

  test('with a token of another workspace, a used proof, or from a foreign page', async () => {
    const stranger = await TestBrowser.create(instance, { sub: 'account-2', workspace: 'workspace-2' });
    expect((await Subscription.of(stranger, entries)).response.statusCode).toBe(403);
    const headers = await owner.headers();
    await using first = await Subscription.open(instance, entries, headers);
    expect(first.response.statusCode).toBe(200);
    expect((await Subscription.open(instance, entries, headers)).response.statusCode).toBe(401);
    const foreign = { ...(await owner.headers()), origin: 'https://evil.test' };
    expect((await Subscription.open(instance, entries, foreign)).response.statusCode).toBe(403);
  });

  test('before there is an owner', async () => {
    await using ownCloud = await TestCloud.start();
    await using unclaimed = await TestInstance.start(ownCloud);
    await unclaimed.untilRegistered();
    const stream = await Subscription.of(await TestBrowser.create(unclaimed), entries);
    expect(stream.response.statusCode).toBe(403);
    expect(await stream.rest()).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'unclaimed' } }] } },
      { event: 'complete' },
    ]);
  });
});

describe('row 35: a stream ends', () => {
  test('with its token, and says so; with a new token it goes on', async () => {
    const exp = Math.floor(Date.now() / 1_000) + 2;
    const browser = await TestBrowser.create(instance, { exp });
    await using stream = await Subscription.of(browser, nameChanges);
    await stream.nextData();
    const rest = await stream.rest();
    expect(rest.slice(-2)).toEqual([
      {
        event: 'next',
        data: {
          errors: [
            {
              message: 'The access token of this subscription has ended. Subscribe again with a new one.',
              extensions: { code: 'token_expired' },
            },
          ],
        },
      },
      { event: 'complete', data: null },
    ]);
    expect(Math.abs(Date.now() / 1_000 - exp)).toBeLessThan(1.5);
    await using again = await Subscription.of(owner, nameChanges);
    expect(await again.nextData()).toHaveProperty('instanceChanged');
  });

  test('when the instance stops, within a moment, and says so', async () => {
    const stream = await Subscription.of(owner, nameChanges);
    await stream.nextData();
    const before = performance.now();
    await instance.down();
    expect(performance.now() - before).toBeLessThan(1_500);
    expect(await stream.rest()).toMatchObject([
      { event: 'next', data: { errors: [{ extensions: { code: 'stopping' } }] } },
      { event: 'complete' },
    ]);
    await instance.up();
  });
});

describe('row 35: streams are limited', () => {
  test('to 8 for each session; a place is free again once a line is dead', async () => {
    const session = await sessionOf();
    const streams = await Promise.all(
      Array.from({ length: 8 }, async () => Subscription.of(session, entries)),
    );
    expect(streams.map(({ response }) => response.statusCode)).toEqual(Array(8).fill(200));
    const ninth = await Subscription.of(session, entries);
    expect(ninth.response.statusCode).toBe(429);
    await using other = await Subscription.of(await sessionOf(), entries);
    expect(other.response.statusCode).toBe(200);

    streams[3]?.kill();
    await vi.waitFor(async () => {
      const next = await Subscription.of(session, entries);
      expect(next.response.statusCode).toBe(200);
      streams.push(next);
    });
    for (const stream of streams) stream.kill();
  });

  test('to 32 for each account, however many sessions it has', async () => {
    const streams: Subscription[] = [];
    for (let session = 0; session < 5; session += 1) {
      const browser = await sessionOf();
      for (let page = 0; page < 7; page += 1) streams.push(await Subscription.of(browser, entries));
    }
    const statuses = streams.map(({ response }) => response.statusCode);
    expect(statuses).toEqual([...Array(32).fill(200), ...Array(3).fill(429)]);
    await using other = await Subscription.of(await sessionOf('account-2'), entries);
    expect(other.response.statusCode).toBe(200);
    for (const stream of streams) stream.kill();
  });

  test('to 256 in all, and each of them hears', async () => {
    const streams: Subscription[] = [];
    for (let session = 0; session < 33; session += 1) {
      const browser = await sessionOf(`account-${session}`);
      streams.push(
        ...(await Promise.all(Array.from({ length: 8 }, async () => Subscription.of(browser, nameChanges)))),
      );
    }
    const statuses = streams.map(({ response }) => response.statusCode);
    expect(statuses.slice(0, 256)).toEqual(Array(256).fill(200));
    expect(statuses.slice(256)).toEqual(Array(8).fill(503));
    await rename('Everybody');
    const heard = await Promise.all(
      streams.slice(0, 256).map(async (stream) => {
        await stream.nextData();
        return JSON.stringify(await stream.nextData());
      }),
    );
    expect(new Set(heard)).toEqual(new Set(['{"instanceChanged":{"name":"Everybody"}}']));
    for (const stream of streams) stream.kill();
    await vi.waitFor(async () => {
      await using stream = await Subscription.of(owner, entries);
      expect(stream.response.statusCode).toBe(200);
    });
  });
});

test('a dropped line does no harm: the next one hears the newest entry and what comes later', async () => {
  const dropped = await Subscription.of(owner, entries);
  const before = await dropped.nextId();
  dropped.kill();
  await rename('Meanwhile');
  await using next = await Subscription.of(owner, entries);
  const missed = await next.nextId();
  expect(missed).toBeGreaterThan(before);
  await rename('Later');
  expect(await next.nextId()).toBe(missed + 1);
});
