import { describe, expect, it } from 'vitest';
import { durationInWords } from './durations.ts';

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
