import { expect, test } from 'vitest';
import { FairQueue } from './fair-queue.ts';

function queueOf(...items: readonly (readonly [networks: string, item: string])[]): FairQueue<string> {
  const queue = new FairQueue<string>();
  for (const [networks, item] of items) queue.add(networks.split(' '), item);
  return queue;
}

function emptied(queue: FairQueue<string>): string[] {
  return Array.from({ length: queue.size }, () => queue.shift() ?? 'nothing');
}

test('networks take turns, at each step, and each in the order of its own', () => {
  const queue = queueOf(
    ['a x', 'ax1'],
    ['a x', 'ax2'],
    ['a y', 'ay1'],
    ['b', 'b1'],
    ['a y', 'ay2'],
    ['b', 'b2'],
  );
  expect(emptied(queue)).toEqual(['ax1', 'b1', 'ay1', 'b2', 'ax2', 'ay2']);
  expect(queue.size).toBe(0);
  expect(queue.shift()).toBeUndefined();
});

test('who comes later than others of its network does not come before other networks', () => {
  const queue = queueOf(['a', 'a1'], ['b', 'b1'], ['c', 'c1']);
  expect(queue.shift()).toBe('a1');
  queue.add(['a'], 'a2');
  expect(emptied(queue)).toEqual(['b1', 'c1', 'a2']);
});

test('the last of the largest network is dropped, at each step', () => {
  const queue = queueOf(['a x', 'ax1'], ['a y', 'ay1'], ['a y', 'ay2'], ['b', 'b1'], ['b', 'b2']);
  expect(queue.dropFromLargest(['b'])).toBe('ay2');
  expect(queue.dropFromLargest(['b'])).toBe('b2');
  expect(emptied(queue)).toEqual(['ax1', 'b1', 'ay1']);
});

test('of networks that are as large, the one that is named gives way', () => {
  const queue = queueOf(['a', 'a1'], ['b', 'b1'], ['c', 'c1']);
  expect(queue.dropFromLargest(['b'])).toBe('b1');
  expect(emptied(queue)).toEqual(['a1', 'c1']);
});

test('what leaves is gone, and nothing else', () => {
  const queue = queueOf(['a x', 'ax1'], ['a y', 'ay1'], ['b', 'b1'], ['b', 'b2']);
  expect(queue.remove(['a', 'x'], 'ax1')).toBe(true);
  expect(queue.remove(['a', 'x'], 'ax1')).toBe(false);
  expect(queue.remove(['b'], 'b1')).toBe(true);
  expect(queue.size).toBe(2);
  expect(emptied(queue)).toEqual(['ay1', 'b2']);
});
