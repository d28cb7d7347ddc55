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
])('“%s” is easy to guess', async (password) => {
  expect(await isEasyToGuess(password, words)).toBe(true);
});

test.each(['correct horse battery', 'x7Gq!2pLzR9w', 'mauve otter paints tuba'])(
  '“%s” is not',
  async (password) => {
    expect(await isEasyToGuess(password, words)).toBe(false);
  },
);

test('a long password is judged in less than a second', async () => {
  await isEasyToGuess('the dictionaries are loaded', []);
  const startedAt = performance.now();
  expect(await isEasyToGuess('zaq1@WSXcde3$RFV'.repeat(8), words)).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
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
