import { expect, test } from 'vitest';
import { HttpError } from './errors.ts';
import { Turns } from './turns.ts';

test('as many as may have a turn at once, the others in the order in which they came', async () => {
  const turns = new Turns({ atOnce: 2 });
  const begun: number[] = [];
  const ends = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const all = ends.map(async ({ promise }, index) =>
    turns.during(async () => {
      begun.push(index);
      await promise;
    }),
  );
  await new Promise(setImmediate);
  expect(begun).toEqual([0, 1]);
  ends[1]?.resolve();
  await new Promise(setImmediate);
  expect(begun).toEqual([0, 1, 2]);
  for (const { resolve } of ends) resolve();
  await Promise.all(all);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test('whoever comes when too many wait is told to come again, and a turn that fails is passed on', async () => {
  const turns = new Turns({ waiting: 1 });
  const { promise, reject } = Promise.withResolvers<void>();
  const first = turns.during(async () => promise);
  const second = turns.during(async () => 'second');
  const third = await turns.during(async () => 'third').catch((error: unknown) => error);
  expect(third).toBeInstanceOf(HttpError);
  expect(third).toMatchObject({
    status: 503,
    code: 'temporarily_unavailable',
    headers: { 'Retry-After': '5' },
  });
  reject(new Error('failed'));
  await expect(first).rejects.toThrow('failed');
  expect(await second).toBe('second');
  expect(await turns.during(async () => 'fourth')).toBe('fourth');
});
