import { describe, expect, it } from 'vitest';
import { date, dateAndTime, relativeTime } from './instant-words.ts';

const now = new Date(2026, 10, 23, 14, 17, 3).getTime();
const day = 86_400;

describe('relativeTime', () => {
  it.each([
    [0, 'just now'],
    [-9, 'just now'],
    [-10, '10 seconds ago'],
    [-59.4, '59 seconds ago'],
    [-59.6, '1 minute ago'],
    [-130, '2 minutes ago'],
    [-3_600, '1 hour ago'],
    [-day, '1 day ago'],
    [-3 * day, '3 days ago'],
    [3, 'in 3 seconds'],
    [60, 'in 1 minute'],
    [day - 1, 'in 1 day'],
    // As it is seconds after a sign-in.
    [14 * day - 7, 'in 14 days'],
    [90 * day - 7, 'in 90 days'],
    [13.4 * day, 'in 13 days'],
  ])('says of %d seconds from now: %s', (seconds, words) => {
    expect(relativeTime(now + seconds * 1_000, now)).toBe(words);
  });
});

it('says dates as the browser does elsewhere', () => {
  const written = (options: Intl.DateTimeFormatOptions) => new Date(now).toLocaleString(undefined, options);
  expect(date(now)).toBe(written({ dateStyle: 'medium' }));
  expect(dateAndTime(now)).toBe(written({ dateStyle: 'medium', timeStyle: 'short' }));
  expect(dateAndTime(new Date(now).toISOString())).toBe(dateAndTime(now));
});
