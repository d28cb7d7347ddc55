import { describe, expect, it } from 'vitest';
import { date, dateAndTime, relativeTime } from './relative-time.ts';

const now = new Date(2026, 10, 23, 14, 17, 3).getTime();

describe('relativeTime', () => {
  it.each([
    [0, 'now'],
    [-999, 'now'],
    [-1_000, '1 second ago'],
    [-59_999, '59 seconds ago'],
    [-120_000, '2 minutes ago'],
    [-7_199_999, '1 hour ago'],
    [-86_400_000, 'yesterday'],
    [-3 * 86_400_000, '3 days ago'],
    [60_000, 'in 1 minute'],
  ])('says of %i ms: %s', (passed, words) => {
    expect(relativeTime(now + passed, now)).toBe(words);
  });
});

it('says dates so that day and month cannot be mixed up', () => {
  expect(date(now)).toBe('23 Nov 2026');
  expect(dateAndTime(now)).toBe('23 Nov 2026, 14:17:03');
});
