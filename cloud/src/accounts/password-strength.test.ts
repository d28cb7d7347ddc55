import { expect, test } from 'vitest';
import { isEasyToGuess } from './password-strength.ts';

const words = ['Ada Lovelace', 'ada.lovelace@example.test'];

test.each([
  'pppppppppppp',
  'password1234',
  '123456789012',
  'qwertyuiopas',
  'ada.lovelace@example.test',
  'Ada Lovelace 1',
  'holdfast1234',
  'aB3$'.repeat(8),
  'passwordmonkey'.repeat(2),
  'passwordmonkeypasswordmonkey1',
  'ada.lovelace@example.test'.repeat(3),
  '1Ada.Lovelace@example.test',
  'P@$$w0rd!987',
  'mondaytuesdaywednesdaythursdayfriday',
])('“%s” is easy to guess', async (password) => {
  expect(await isEasyToGuess(password, words)).toBe(true);
});

test.each([
  'correct horse battery',
  'x7Gq!2pLzR9w',
  'mauve otter paints tuba',
  `ada.lovelace@example.test mauve otter paints`,
  `${'a'.repeat(40)} mauve otter paints tuba`,
])('“%s” is not', async (password) => {
  expect(await isEasyToGuess(password, words)).toBe(false);
});

test('a long address counts as known also where what is judged would end within it', async () => {
  const address = 'bartholomew.featherstonehaugh@example.test';
  expect(await isEasyToGuess(address, ['Bartholomew', address])).toBe(true);
  expect(await isEasyToGuess(`99${address.toUpperCase()}`, ['Bartholomew', address])).toBe(true);
});

// Found by search among letters with substitutes, repetitions, dates and keyboard patterns.
test.each([
  'zaq1@WSXcde3$RFV'.repeat(8),
  'a+@4b8{ce3fg6hei!jkk1mnr0pqrs$t+uvwxyz2yb@1b8jce3f766#i!jklrkno0',
  '$$25t1431oo84#0a'.repeat(8),
  '|%@1e(8st<1$61al196s+#190ae15#6a8+<si401',
  '!1|1!|11!|!1'.repeat(10),
  '19871111/1/1qwert!!@@'.repeat(6),
  '1'.repeat(128),
  `${'ab'.repeat(63)}c!`,
])('row 55: the judgement of “%s” holds others up for 20 ms at most', async (password) => {
  for (let warming = 0; warming < 5; warming += 1) await isEasyToGuess('the dictionaries are loaded', []);
  const durations: number[] = [];
  // A busy machine holds up as well, but not each time.
  for (let round = 0; round < 10; round += 1) {
    const startedAt = performance.now();
    await isEasyToGuess(password, words);
    durations.push(performance.now() - startedAt);
  }
  expect(Math.min(...durations)).toBeLessThan(20);
});

test('row 55: whoever comes when too many passwords wait to be judged is told to come again', async () => {
  const outcomes = await Promise.allSettled(
    Array.from({ length: 150 }, async () => isEasyToGuess('correct horse battery staple', [])),
  );
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(49);
  expect(refused[0]).toMatchObject({ reason: { status: 503, code: 'temporarily_unavailable' } });
  expect(await isEasyToGuess('correct horse battery staple', [])).toBe(false);
});

test('row 55: of many that come at once, each lets others in between', async () => {
  await isEasyToGuess('correct horse battery staple', []);
  let judged = 0;
  const seen = new Set<number>();
  const work = Array.from({ length: 10 }, async () => {
    await isEasyToGuess('correct horse battery staple', []);
    judged += 1;
  });
  while (judged < work.length) {
    seen.add(judged);
    await new Promise(setImmediate);
  }
  expect(seen.size).toBeGreaterThan(5);
});
