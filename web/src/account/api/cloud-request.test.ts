import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeNetwork, json, neverAnswered, silence } from '../../../test/fake-network.ts';
import { CloudError, cloudRequest, retryUnreachable } from './cloud-request.ts';

const path = '/api/device/approve';
const route = `POST ${location.origin}${path}`;
let network: FakeNetwork;

beforeEach(() => {
  network = new FakeNetwork();
  vi.stubGlobal('fetch', network.fetch);
});

const request = () => cloudRequest(path, { body: { user_code: 'WDJB-MJHT' } });

it('posts JSON with the cookies of this origin, and follows no redirect', async () => {
  network.answer(route, json({ ok: true }));
  await expect(request()).resolves.toEqual({ ok: true });
  const [sent] = network.requests;
  expect(sent?.body).toBe('{"user_code":"WDJB-MJHT"}');
  expect(sent?.headers.get('content-type')).toBe('application/json');
  expect(sent?.init).toMatchObject({ credentials: 'same-origin', cache: 'no-store', redirect: 'error' });
});

it('says in which browser it was sent, the same each time', async () => {
  network.answer(route, json({ ok: true }));
  await request();
  await request();
  const [first, second] = network.requests.map(({ headers }) => headers.get('holdfast-page-key'));
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(second).toBe(first);
});

it('gets without a body', async () => {
  network.answer(`GET ${location.origin}/api/instances`, json({ instances: [] }));
  await expect(cloudRequest('/api/instances')).resolves.toEqual({ instances: [] });
});

describe('fails with', () => {
  it.each([
    ['invalid_user_code', json({ error: 'invalid_user_code' }, { status: 404 })],
    ['INVALID_EMAIL_OR_PASSWORD', json({ code: 'INVALID_EMAIL_OR_PASSWORD' }, { status: 401 })],
    ['too_many_requests', json({ error: 'anything' }, { status: 429 })],
    ['unexpected_answer', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['unexpected_answer', () => new Response('{', { headers: { 'content-type': 'application/json' } })],
    ['unexpected_answer', json({ error: 7 }, { status: 400 })],
    ['unexpected_answer', json(null, { status: 500 })],
    ['cloud_unreachable', silence],
  ])('%s', async (code, answer) => {
    network.answer(route, answer);
    await expect(request()).rejects.toMatchObject({ name: 'CloudError', code });
  });
});

it.each([
  [{ 'retry-after': '30' }, 30],
  [{ 'x-retry-after': '7' }, 7],
  [{ 'retry-after': 'Mon, 23 Nov 2026 12:00:00 GMT' }, undefined],
  [{}, undefined],
])('reads how long to wait from %j', async (headers, retryAfterSeconds) => {
  network.answer(route, json({}, { status: 429, headers }));
  await expect(request()).rejects.toMatchObject({ retryAfterSeconds });
});

it('a cancelled request is no failure of the cloud', async () => {
  network.answer(route, neverAnswered);
  const controller = new AbortController();
  const answer = cloudRequest(path, { body: {}, signal: controller.signal });
  controller.abort();
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
});

it('repeats once what nobody answered, and nothing else', () => {
  const unreachable = new CloudError('cloud_unreachable', 0);
  expect(retryUnreachable(0, unreachable)).toBe(true);
  expect(retryUnreachable(1, unreachable)).toBe(false);
  expect(retryUnreachable(0, new CloudError('invalid_user_code', 404))).toBe(false);
});
