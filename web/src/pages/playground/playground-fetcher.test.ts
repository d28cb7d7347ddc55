import { beforeEach, expect, it, vi } from 'vitest';
import { EventStream } from '../../../test/event-stream.ts';
import { json, silence } from '../../../test/fake-network.ts';
import { baseUrl, storeSession } from '../../../test/sessions.ts';
import { TestCloud } from '../../../test/test-cloud.ts';
import { playgroundFetcher } from './playground-fetcher.ts';

const route = `POST ${baseUrl}/graphql`;
const query = 'query Who { viewer { id } } subscription News { auditEntryAdded { id } }';
let network: TestCloud;

beforeEach(async () => {
  network = new TestCloud();
  vi.stubGlobal('fetch', network.fetch);
  await storeSession();
});

it('asks queries for one answer', async () => {
  network.answer(route, json({ data: { viewer: { id: '1' } } }));
  const answer = playgroundFetcher(baseUrl)({ query, operationName: 'Who' });
  const results: unknown[] = [];
  for await (const result of (await answer) as AsyncIterable<unknown>) results.push(result);
  expect(JSON.stringify(results)).toContain('{"viewer":{"id":"1"}}');
  expect(network.requestsOf(route)[0]?.headers.get('accept')).not.toContain('text/event-stream');
});

it('says in our words that nobody answers', async () => {
  network.answer(route, silence);
  const answer = (await playgroundFetcher(baseUrl)({
    query,
    operationName: 'Who',
  })) as AsyncIterable<unknown>;
  const ask = async () => {
    for await (const _ of answer);
  };
  await expect(ask()).rejects.toThrow(
    'The instance gave no answer. Check that it is running, then try again.',
  );
});

it('follows subscriptions until they are left', async () => {
  const stream = new EventStream();
  network.answer(route, stream.answer);
  const results = playgroundFetcher(baseUrl)({
    query,
    operationName: 'News',
  }) as AsyncIterableIterator<unknown>;
  const first = results.next();
  await vi.waitFor(() => expect(network.requestsOf(route)).toHaveLength(1));
  stream.next({ data: { auditEntryAdded: { id: '1' } } });
  expect((await first).value).toEqual({ data: { auditEntryAdded: { id: '1' } } });
  expect(network.requestsOf(route)[0]?.headers.get('authorization')).toBe('DPoP access-token-1');
  await results.return?.();
  await vi.waitFor(() => expect(stream.isLeft).toBe(true));
});
