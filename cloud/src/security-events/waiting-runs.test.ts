import { expect, test } from 'vitest';
import { mostRuns, type SeenRun } from './instance-runs.ts';
import { WaitingRuns } from './waiting-runs.ts';

function run(clientId: string, hash: string): SeenRun {
  return { clientId, hash, acknowledged: 0, otherSince: undefined, isNews: false };
}

test('all runs of an instance are woken, and no other', () => {
  const waiting = new WaitingRuns();
  const woken: string[] = [];
  for (const [clientId, hash] of [
    ['lab', 'one'],
    ['lab', 'other'],
    ['attic', 'third'],
  ] as const)
    waiting.add(run(clientId, hash), () => woken.push(hash));
  waiting.wake('lab');
  expect(woken).toEqual(['one', 'other']);
});

test('of one run the latest request waits; that an earlier one ends changes nothing', () => {
  const waiting = new WaitingRuns();
  const woken: string[] = [];
  const first = waiting.add(run('lab', 'one'), () => woken.push('first'));
  const second = waiting.add(run('lab', 'one'), () => woken.push('second'));
  expect(woken).toEqual(['first']);
  first?.[Symbol.dispose]();
  expect(waiting.size).toBe(1);
  waiting.wake('lab');
  expect(woken).toEqual(['first', 'second']);
  second?.[Symbol.dispose]();
  second?.[Symbol.dispose]();
  expect(waiting.size).toBe(0);
});

test('one instance takes no more room than it has runs', () => {
  const waiting = new WaitingRuns();
  const woken: number[] = [];
  for (let count = 0; count < mostRuns + 2; count += 1)
    waiting.add(run('lab', String(count)), () => woken.push(count));
  expect(waiting.size).toBe(mostRuns);
  expect(woken).toEqual([0, 1]);
});

test('there is room for 10,000, and again when one ends', () => {
  const waiting = new WaitingRuns();
  const all = Array.from({ length: 10_000 }, (_, index) =>
    waiting.add(run(`client ${index}`, ''), () => undefined),
  );
  expect(waiting.add(run('late', ''), () => undefined)).toBeUndefined();
  // Whoever waits already asks again.
  expect(waiting.add(run('client 0', ''), () => undefined)).toBeDefined();
  all[1]?.[Symbol.dispose]();
  expect(waiting.add(run('late', ''), () => undefined)).toBeDefined();
});
