import { describe, expect, it } from 'vitest';
import { durationInWords, relativeTime } from './durations.ts';

describe('durationInWords', () => {
  it.each([
    [300, '5 minutes'],
    [60, '1 minute'],
    [90, '90 seconds'],
    [7_200, '2 hours'],
    [1_209_600, '14 days'],
    [7_776_000, '90 days'],
    [0, '0 seconds'],
  ])('says %i seconds as %s', (seconds, words) => {
    expect(durationInWords(seconds)).toBe(words);
  });
});

describe('relativeTime', () => {
  const now = Date.UTC(2026, 10, 23, 12);

  it.each([
    [14 * 86_400, 'in 14 days'],
    [86_399, 'in 23 hours'],
    [125, 'in 2 minutes'],
    [20, 'in 20 seconds'],
    [-3_600, '1 hour ago'],
  ])('says %i seconds from now as %s', (seconds, words) => {
    expect(relativeTime(now + seconds * 1_000, now)).toBe(words);
  });
});
