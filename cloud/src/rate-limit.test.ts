import { expect, test } from 'vitest';
import { RateLimit } from './rate-limit.ts';

function limitOf(limit: number) {
  const clock = { now: 0 };
  return { clock, rates: new RateLimit({ limit, windowMilliseconds: 60_000, now: () => clock.now }) };
}

test('so many in a window, then wait for its end', () => {
  const { clock, rates } = limitOf(2);
  expect([rates.attempt('a'), rates.attempt('a'), rates.attempt('a')]).toEqual([0, 0, 60]);
  clock.now = 59_001;
  expect(rates.attempt('a')).toBe(1);
  clock.now = 60_000;
  expect([rates.attempt('a'), rates.attempt('a'), rates.attempt('a')]).toEqual([0, 0, 60]);
});

test('refused attempts do not prolong the window', () => {
  const { clock, rates } = limitOf(1);
  rates.attempt('a');
  for (clock.now = 0; clock.now < 60_000; clock.now += 1_000) rates.attempt('a');
  expect(rates.attempt('a')).toBe(0);
});

test('each key has its own', () => {
  const { rates } = limitOf(1);
  expect([rates.attempt('a'), rates.attempt('b'), rates.attempt('a')]).toEqual([0, 0, 60]);
});

test('an attempt that is taken back counts nothing', () => {
  const { rates } = limitOf(1);
  rates.attempt('a');
  rates.takeBack('a');
  expect([rates.attempt('a'), rates.attempt('a')]).toEqual([0, 60]);
  rates.takeBack('unknown');
});

test('asking counts nothing', () => {
  const { rates } = limitOf(1);
  for (let question = 0; question < 5; question += 1) expect(rates.secondsToWait('a')).toBe(0);
  expect(rates.attempt('a')).toBe(0);
  expect(rates.secondsToWait('a')).toBe(60);
});

test('a flood of keys forgets the oldest, and only that', () => {
  const { rates } = limitOf(1);
  for (let key = 0; key < 10_000; key += 1) rates.attempt(String(key));
  rates.attempt('one more');
  expect(rates.secondsToWait('0')).toBe(0);
  expect(rates.secondsToWait('1')).toBe(60);
  expect(rates.secondsToWait('one more')).toBe(60);
});
