import { beforeEach, describe, expect, it, vi } from 'vitest';
import { settle, stopClock } from '../../test/clock.ts';
import { EventStream } from '../../test/event-stream.ts';
import { FakeNetwork, json } from '../../test/fake-network.ts';
import { noticingDeadLines } from './dead-lines.ts';

const url = 'https://box.test/graphql';
let network: FakeNetwork;
let stream: EventStream;

beforeEach(() => {
  stopClock();
  network = new FakeNetwork();
  stream = new EventStream();
  network.answer(`POST ${url}`, stream.answer);
});

async function open(): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const response = await noticingDeadLines(network.fetch)(url, { method: 'POST' });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  await reader.read();
  return reader;
}

describe('an answer that goes on', () => {
  it('passes as it comes, for as long as there are signs of life', async () => {
    const reader = await open();
    for (let sign = 0; sign < 20; sign++) {
      const read = reader.read();
      await vi.advanceTimersByTimeAsync(24_000);
      stream.heartbeat();
      expect(new TextDecoder().decode((await read).value)).toBe(':\n\n');
    }
    stream.complete();
    await reader.read();
    expect((await reader.read()).done).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails once nothing has come for 25 seconds, and leaves the line', async () => {
    const reader = await open();
    const failed = expect(reader.read()).rejects.toThrow('The line is dead.');
    await vi.advanceTimersByTimeAsync(24_999);
    expect(stream.isLeft).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await failed;
    await settle();
    expect(stream.isLeft).toBe(true);
  });

  it('leaves nothing behind when it is left itself', async () => {
    const reader = await open();
    await reader.cancel();
    await settle();
    expect(stream.isLeft).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('leaves status, headers and content of other answers as they are', async () => {
  network.answer(`POST ${url}`, json({ errors: [] }, { status: 403, headers: { 'x-test': '1' } }));
  const response = await noticingDeadLines(network.fetch)(url, { method: 'POST' });
  expect([response.status, response.headers.get('x-test'), await response.json()]).toEqual([
    403,
    '1',
    { errors: [] },
  ]);
});
