import { type ExecutionResult, parse } from 'graphql';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { settle, stopClock, until } from '../../test/clock.ts';
import { proofOf } from '../../test/dpop-proofs.ts';
import { EventStream } from '../../test/event-stream.ts';
import { json, type SentRequest, silence } from '../../test/fake-network.ts';
import { baseUrl, storeSession } from '../../test/sessions.ts';
import { refusal, routes, TestCloud } from '../../test/test-cloud.ts';
import { readSession } from '../auth/token-store.ts';
import { forwardTo, instanceSubscriptions } from './subscriptions.ts';

const route = `POST ${baseUrl}/graphql`;
const query = 'subscription AuditEntryAdded { auditEntryAdded { id } }';
let network: TestCloud;
let heard: (ExecutionResult | 'complete' | Error)[];

beforeEach(async () => {
  stopClock();
  network = new TestCloud();
  vi.stubGlobal('fetch', network.fetch);
  heard = [];
  await storeSession();
});

function subscribe(): { unsubscribe: () => void } {
  const operation = { query, variables: {}, key: 1, context: {} };
  return forwardTo(instanceSubscriptions(baseUrl))(operation as never, parse(query) as never).subscribe({
    next: (result: unknown) => void heard.push(result as ExecutionResult),
    error: (error: unknown) => void heard.push(error as Error),
    complete: () => void heard.push('complete'),
  });
}

const requests = (): SentRequest[] => network.requestsOf(route);
const entry = (id: string) => ({ data: { auditEntryAdded: { id } } });

describe('a subscription', () => {
  it('is asked for as an event stream, by the person who is signed in', async () => {
    network.answer(route, new EventStream().answer);
    subscribe();
    await until(() => requests().length === 1);
    const [request] = requests();
    expect(request?.headers.get('accept')).toBe('text/event-stream');
    expect(request?.headers.get('authorization')).toBe('DPoP access-token-1');
    expect(JSON.parse(request?.body ?? '')).toEqual({ query, variables: {} });
  });

  it('hears what comes', async () => {
    const stream = new EventStream();
    network.answer(route, stream.answer);
    subscribe();
    await until(() => requests().length === 1);
    stream.next(entry('1'));
    stream.heartbeat();
    stream.next(entry('2'));
    await until(() => heard.length === 2);
    expect(heard).toEqual([entry('1'), entry('2')]);
  });

  it('that is left ends the line, and begins no other', async () => {
    const stream = new EventStream();
    network.answer(route, stream.answer);
    const { unsubscribe } = subscribe();
    await until(() => requests().length === 1);
    unsubscribe();
    await settle();
    expect(stream.isLeft).toBe(true);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(requests()).toHaveLength(1);
    expect(heard).toEqual([]);
  });

  it('that is refused for good says so', async () => {
    const stream = new EventStream();
    network.answer(route, stream.answer);
    subscribe();
    await until(() => requests().length === 1);
    const invalid = { errors: [{ message: 'Cannot query field.' }] };
    stream.next(invalid);
    stream.complete();
    await until(() => heard.length === 2);
    expect(heard).toEqual([invalid, 'complete']);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(requests()).toHaveLength(1);
  });
});

describe('a dropped line', () => {
  it('is followed by another, with a proof of its own, which hears what comes later', async () => {
    const [dropped, next] = [new EventStream(), new EventStream()];
    network.answer(route, dropped.answer, next.answer);
    subscribe();
    await until(() => requests().length === 1);
    dropped.next(entry('1'));
    await until(() => heard.length === 1);
    dropped.drop();
    await settle();
    await vi.advanceTimersByTimeAsync(500);
    await until(() => requests().length === 2);
    next.next(entry('2'));
    await until(() => heard.length === 2);
    expect(heard).toEqual([entry('1'), entry('2')]);
    const proofs = await Promise.all(requests().map(proofOf));
    expect(new Set(proofs.map(({ claims }) => claims.jti)).size).toBe(2);
  });

  it('is noticed although nobody says so', async () => {
    network.answer(route, new EventStream().answer, new EventStream().answer);
    subscribe();
    await until(() => requests().length === 1);
    await settle();
    await vi.advanceTimersByTimeAsync(24_000);
    expect(requests()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(3_000);
    await until(() => requests().length === 2);
  });

  it('is tried again for as long as it takes, more and more rarely', async () => {
    network.answer(route, silence);
    subscribe();
    await until(() => requests().length === 1);
    const begunAt = Date.now();
    while (Date.now() < begunAt + 600_000) {
      await vi.advanceTimersToNextTimerAsync();
      await settle();
    }
    const times = requests().map(({ at }) => at - begunAt);
    expect(times.length).toBeGreaterThan(20);
    expect(times.length).toBeLessThan(60);
    expect(Math.max(...times.map((at, index) => at - (times[index - 1] ?? 0)))).toBeLessThanOrEqual(31_000);
    const stream = new EventStream();
    network.answer(route, stream.answer);
    await vi.advanceTimersByTimeAsync(31_000);
    await until(() => requests().length > times.length);
    stream.next(entry('9'));
    await until(() => heard.length === 1);
    expect(heard).toEqual([entry('9')]);
  });
});

describe('an instance that ends the stream', () => {
  it.each(['token_expired', 'stopping'])('for %s hears from the page again in a moment', async (code) => {
    const [ended, next] = [new EventStream(), new EventStream()];
    network.answer(route, ended.answer, next.answer);
    subscribe();
    await until(() => requests().length === 1);
    await storeSession({ accessToken: 'access-token-2' });
    ended.endWith(code);
    await settle();
    await vi.advanceTimersByTimeAsync(500);
    await until(() => requests().length === 2);
    expect(requests()[1]?.headers.get('authorization')).toBe('DPoP access-token-2');
    next.next(entry('2'));
    await until(() => heard.length === 1);
    expect(heard).toEqual([entry('2')]);
  });

  it('because it belongs to somebody else now ends the session with its words', async () => {
    const ended = new EventStream();
    const denial = { errors: [{ message: 'It is of others.', extensions: { code: 'access_denied' } }] };
    network.answer(route, ended.answer, json(denial, { status: 403 }));
    network.answer(routes.token, refusal('invalid_grant'));
    subscribe();
    await until(() => requests().length === 1);
    ended.endWith('access_denied');
    await settle();
    await vi.advanceTimersByTimeAsync(500);
    await until(() => readSession(baseUrl).session === undefined);
    expect(readSession(baseUrl).signedOutReason?.message).toBe('It is of others.');
  });

  it('while the page leaves it hears from it no more', async () => {
    const ended = new EventStream();
    network.answer(route, ended.answer);
    const { unsubscribe } = subscribe();
    await until(() => requests().length === 1);
    ended.endWith('stopping');
    await settle();
    unsubscribe();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(requests()).toHaveLength(1);
  });
});
