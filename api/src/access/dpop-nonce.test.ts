import { expect, test } from 'vitest';
import { DpopNonces } from './dpop-nonce.ts';

const minute = 60_000;

test('a nonce is handed out for two minutes and accepted for two more', () => {
  let now = 1_800_000_000_000;
  const nonces = new DpopNonces(() => now);
  const first = nonces.current;
  now += 2 * minute - 1;
  expect(nonces.current).toBe(first);
  now += 1;
  expect(nonces.current).not.toBe(first);
  expect(nonces.accepts(first)).toBe(true);
  expect(nonces.accepts(nonces.current)).toBe(true);
  now += 2 * minute;
  expect(nonces.accepts(first)).toBe(false);
});

test('one that is not its own is refused, whatever it is', () => {
  const nonces = new DpopNonces(() => 0);
  const foreign = new DpopNonces(() => 0).current;
  const own = nonces.current;
  for (const nonce of [
    foreign,
    '',
    own.slice(1),
    `${own}=`,
    own.toUpperCase(),
    'é'.repeat(22),
    undefined,
    7,
    [own],
  ])
    expect(nonces.accepts(nonce), String(nonce)).toBe(false);
});

test('it is a header value and no secret of its key', () => {
  expect(new DpopNonces(() => 0).current).toMatch(/^[\w-]{22}$/);
});
