import { expect, test } from 'vitest';
import { keptPromise } from './kept-promise.ts';

test('what is made once is kept, also for those who ask while it is being made', async () => {
  let made = 0;
  const get = keptPromise(async () => {
    made += 1;
    return { made };
  });
  expect(await Promise.all([get(), get()])).toEqual([{ made: 1 }, { made: 1 }]);
  expect(await get()).toEqual({ made: 1 });
});

test('a failure is everybody’s who waits for it, and nobody’s who asks later', async () => {
  const failure = new Error('too many open files');
  const outcomes = [async () => Promise.reject(failure), async () => 'loaded'];
  const get = keptPromise(async () => outcomes.shift()?.());
  expect((await Promise.allSettled([get(), get()])).map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
  ]);
  expect(await get()).toBe('loaded');
});
