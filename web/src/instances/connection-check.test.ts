import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeNetwork, json, neverAnswered, silence } from '../../test/fake-network.ts';
import { type ConnectionReport, checkConnection } from './connection-check.ts';

const url = 'https://box.test';
const route = `POST ${url}/graphql`;
const healthRoute = `GET ${url}/healthz`;
const metadataRoute = `GET ${url}/.well-known/oauth-authorization-server`;
const now = Date.UTC(2026, 10, 23, 12);

let network: FakeNetwork;

beforeEach(() => {
  network = new FakeNetwork();
});

function instance(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    data: {
      instance: {
        state: 'CLAIMED',
        version: '0.1.0',
        resource: 'https://cloud.test/instances/instance-1',
        cloud: { issuer: 'https://cloud.test' },
        ...changes,
      },
    },
  };
}

function check(address = url, signal?: AbortSignal): Promise<ConnectionReport> {
  return checkConnection(address, { fetch: network.fetch, now: () => now, signal });
}

/** The signal of `AbortSignal.timeout`, which the test lets run out. */
function heldTimeout() {
  const timeout = new AbortController();
  const asked = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal);
  return { asked, runOut: () => timeout.abort(new DOMException('signal timed out', 'TimeoutError')) };
}

describe('an instance', () => {
  it.each(['UNREGISTERED', 'UNCLAIMED', 'CLAIMED'])('that is %s is online', async (state) => {
    network.answer(route, json(instance({ state })));
    await expect(check()).resolves.toEqual({
      status: 'online',
      state,
      version: '0.1.0',
      issuer: 'https://cloud.test',
      resource: 'https://cloud.test/instances/instance-1',
      clockSkewSeconds: 0,
    });
  });

  it('has no resource until it is registered', async () => {
    network.answer(route, json(instance({ state: 'UNREGISTERED', resource: null })));
    await expect(check()).resolves.toMatchObject({ status: 'online', resource: undefined });
  });

  it('is asked without cookies, cache, token and redirects', async () => {
    network.answer(route, json(instance()));
    await check();
    const [request] = network.requests;
    expect(request?.init).toMatchObject({ credentials: 'omit', cache: 'no-store', redirect: 'manual' });
    expect(request?.headers.has('authorization')).toBe(false);
    expect(JSON.parse(request?.body ?? '')).toEqual({
      query: expect.stringContaining('query ConnectionCheck'),
    });
  });

  it.each([
    ['Mon, 23 Nov 2026 12:01:30 GMT', 90],
    ['Mon, 23 Nov 2026 11:58:30 GMT', -90],
    ['Mon, 23 Nov 2026 12:00:00 GMT', 0],
    ['Mon, 23 Nov 2026 11:59:59 GMT', -1],
    ['no date', 0],
  ])('whose clock says %s differs by %i seconds', async (date, seconds) => {
    network.answer(route, json(instance(), { headers: { date } }));
    const report = await check();
    if (report.status !== 'online') throw new Error(report.message);
    // `Date` counts whole seconds: one second of tolerance.
    expect(Math.abs(report.clockSkewSeconds - seconds)).toBeLessThanOrEqual(1);
    expect(Number.isInteger(report.clockSkewSeconds)).toBe(true);
  });
});

describe('something else', () => {
  it.each([
    ['a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['other JSON', json({ data: { instance: null } })],
    ['another GraphQL server', json({ errors: [{ message: 'Cannot query field "instance".' }] })],
    ['an unknown state', json(instance({ state: 'ASLEEP' }))],
    ['an instance without a cloud', json(instance({ cloud: null }))],
    ['null', json(null)],
  ])('is not an instance: %s', async (_, answer) => {
    network.answer(route, answer);
    await expect(check()).resolves.toEqual({
      status: 'not-an-instance',
      message: expect.stringMatching(/^A server answers at https:\/\/box\.test, but not as/),
    });
  });

  it('that answers with an error is told with its number', async () => {
    network.answer(route, json({}, { status: 502 }));
    await expect(check()).resolves.toEqual({
      status: 'not-an-instance',
      message: expect.stringContaining('with the error 502'),
    });
  });
});

describe('no answer', () => {
  it('and none to an opaque request either: nobody is there', async () => {
    await expect(check()).resolves.toEqual({
      status: 'offline',
      message: expect.stringMatching(/^Nothing answers at https:\/\/box\.test\..* compare the fingerprint/),
    });
    expect(network.requestsOf(healthRoute)).toHaveLength(1);
  });

  it('but one to an opaque request: the server refuses this page, and how to allow it', async () => {
    network.answer(healthRoute, json({}));
    await expect(check()).resolves.toEqual({
      status: 'origin-refused',
      message: expect.stringContaining(`--allow-origin ${location.origin}`),
    });
    expect(network.requestsOf(healthRoute)[0]?.init.mode).toBe('no-cors');
  });

  it('but one that is read: a cloud stands there', async () => {
    network.answer(healthRoute, json({}, { status: 404 }));
    network.answer(metadataRoute, json({ issuer: url }));
    await expect(check()).resolves.toEqual({
      status: 'not-an-instance',
      message: expect.stringContaining('https://box.test is a cloud'),
    });
  });

  it.each([
    ['another issuer', json({ issuer: 'https://cloud.test' })],
    ['no metadata', json(null)],
    ['a page', () => new Response('<html>')],
  ])('and %s where a cloud tells who it is: no cloud', async (_, answer) => {
    network.answer(healthRoute, json({}));
    network.answer(metadataRoute, answer);
    await expect(check()).resolves.toMatchObject({ status: 'origin-refused' });
  });

  it('of the own instance is never blamed on its permissions', async () => {
    network.answer(`GET ${location.origin}/healthz`, json({}));
    await expect(check(location.origin)).resolves.toMatchObject({ status: 'offline' });
  });

  it('within 5 seconds', async () => {
    const timeout = heldTimeout();
    network.answer(route, neverAnswered);
    const report = check();
    expect(timeout.asked).toHaveBeenCalledWith(5_000);
    timeout.runOut();
    await expect(report).resolves.toEqual({
      status: 'offline',
      message: expect.stringContaining('did not answer within 5 seconds'),
    });
  });

  it('a body that breaks off is none', async () => {
    const body = new ReadableStream({
      start: (controller) => controller.error(new TypeError('network error')),
    });
    network.answer(route, () => new Response(body));
    await expect(check()).resolves.toMatchObject({ status: 'offline' });
  });
});

describe('a page that came by https', () => {
  beforeEach(() => vi.stubGlobal('location', { protocol: 'https:', origin: 'https://launcher.test' }));

  it('does not even try to reach an instance by http, and says why', async () => {
    await expect(check('http://192.168.1.20:8080')).resolves.toEqual({
      status: 'offline',
      message: expect.stringContaining('the browser does not let it talk to http://192.168.1.20:8080'),
    });
    expect(network.requests).toEqual([]);
  });

  it('reaches instances on this machine', async () => {
    network.answer('POST http://127.0.0.1:8080/graphql', json(instance()));
    await expect(check('http://127.0.0.1:8080')).resolves.toMatchObject({ status: 'online' });
  });
});

it.each([
  ['the first request', route, 1],
  ['the diagnosis', healthRoute, 2],
  ['the question for a cloud', metadataRoute, 3],
])('is cancelled during %s with the reason of the caller', async (_, held, requests) => {
  const controller = new AbortController();
  network.answer(route, silence);
  network.answer(healthRoute, json({}));
  network.answer(held, neverAnswered);
  const report = check(url, controller.signal);
  await vi.waitUntil(() => network.requests.length === requests);
  controller.abort(new Error('enough'));
  await expect(report).rejects.toThrow('enough');
});
