import { expect, test } from 'vitest';
import { EventHub } from './event-hub.ts';

test('everyone who listens hears every event, in order', async () => {
  const hub = new EventHub<number>();
  const [early, waiting] = [hub.subscribe(0), hub.subscribe()];
  const first = waiting.next();
  hub.publish(1);
  hub.publish(2);
  expect(await first).toEqual({ value: 1, done: false });
  expect(await waiting.next()).toEqual({ value: 2, done: false });
  const heard = [await early.next(), await early.next(), await early.next()];
  expect(heard.map(({ value }) => value)).toEqual([0, 1, 2]);
});

test('whoever leaves is forgotten at once, also in the middle of waiting', async () => {
  const hub = new EventHub<number>();
  const listener = hub.subscribe();
  const waiting = listener.next();
  await listener.return?.();
  expect(await waiting).toEqual({ value: undefined, done: true });
  expect(hub.size).toBe(0);
  hub.publish(1);
  expect(await listener.next()).toEqual({ value: undefined, done: true });
});

test('whoever falls too far behind is let go, and the others are not', async () => {
  const hub = new EventHub<number>();
  const [slow, quick] = [hub.subscribe(), hub.subscribe()];
  for (let event = 0; event <= 1_000; event += 1) {
    hub.publish(event);
    expect(await quick.next()).toEqual({ value: event, done: false });
  }
  expect(hub.size).toBe(1);
  expect(await slow.next()).toEqual({ value: undefined, done: true });
});
