import { expect, it } from 'vitest';
import { cutInTheMiddle } from './cut-in-the-middle.ts';

it('leaves alone what fits', () => {
  const text = 'x'.repeat(64);
  expect(cutInTheMiddle(text)).toBe(text);
});

it('keeps the beginning and the end of what does not fit, and of the end more', () => {
  const origin = `https://holdfast.example.com.${'a'.repeat(200)}.whose-it-is.test:8443`;
  const cut = cutInTheMiddle(origin);
  expect(cut).toHaveLength(64);
  expect(cut).toMatch(/^https:\/\/holdfast\.exa…a+\.whose-it-is\.test:8443$/);
});
