import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeNetwork, json, neverAnswered } from '../../test/fake-network.ts';
import { cloudFetch, cloudTimeoutMilliseconds } from './cloud-fetch.ts';

const url = 'https://cloud.test/token';
let network: FakeNetwork;

beforeEach(() => {
  network = new FakeNetwork();
});

it('sends no cookies and asks no cache', async () => {
  network.answer(`GET ${url}`, json({}));
  await cloudFetch(network)(url);
  expect(network.requests[0]?.init).toMatchObject({ credentials: 'omit', cache: 'no-store' });
});

it('returns refusals as they are', async () => {
  network.answer(`GET ${url}`, json({ error: 'invalid_grant' }, { status: 400 }));
  const response = await cloudFetch(network)(url);
  expect(response.status).toBe(400);
  await expect(response.json()).resolves.toEqual({ error: 'invalid_grant' });
});

it.each([429, 500, 503])('counts the answer %i as none', async (status) => {
  network.answer(`GET ${url}`, json({ error: 'invalid_grant' }, { status }));
  await expect(cloudFetch(network)(url)).rejects.toMatchObject({ code: 'cloud-unreachable' });
});

it('does not follow redirects', async () => {
  network.answer(`GET ${url}`, () =>
    Object.defineProperty(new Response(null), 'type', { value: 'opaqueredirect' }),
  );
  await expect(cloudFetch(network)(url)).rejects.toMatchObject({ code: 'invalid-cloud-response' });
});

it('a body that breaks off is no answer', async () => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"access_token":'));
      controller.error(new TypeError('network error'));
    },
  });
  network.answer(`GET ${url}`, () => new Response(body));
  await expect(cloudFetch(network)(url)).rejects.toMatchObject({ code: 'cloud-unreachable' });
});

describe('a cloud that says nothing', () => {
  beforeEach(() => network.answer(`GET ${url}`, neverAnswered));

  it('counts as absent after 15 s', async () => {
    const timeout = new AbortController();
    const timeouts = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal);
    const answer = cloudFetch(network)(url);
    expect(timeouts).toHaveBeenCalledWith(15_000);
    expect(cloudTimeoutMilliseconds).toBe(15_000);
    timeout.abort(new DOMException('signal timed out', 'TimeoutError'));
    await expect(answer).rejects.toMatchObject({ code: 'cloud-unreachable' });
  });

  it('can be given up by the caller, with the reason of the caller', async () => {
    const controller = new AbortController();
    const answer = cloudFetch(network, controller.signal)(url);
    controller.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
  });
});

it('says which cloud is meant, and nothing of what was sent', async () => {
  const answer = cloudFetch(network)(`${url}?secret`, { method: 'POST', body: 'refresh_token=secret' });
  await expect(answer).rejects.toThrow(/^The cloud at https:\/\/cloud\.test does not answer/);
  await expect(answer).rejects.not.toThrow('secret');
});
