import { describe, expect, it } from 'vitest';
import { remainingTime } from './remaining-time.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

describe('remainingTime', () => {
  it.each([
    [-5 * second, '0:00', 'PT0M0S'],
    [0, '0:00', 'PT0M0S'],
    [1, '0:01', 'PT0M1S'],
    [59 * second, '0:59', 'PT0M59S'],
    [5 * minute, '5:00', 'PT5M0S'],
    [5 * minute - 1, '5:00', 'PT5M0S'],
    [hour, '1 h 0 min', 'PT1H0M'],
    [3 * hour + 20 * minute, '3 h 20 min', 'PT3H20M'],
    [2 * day - 1, '47 h 59 min', 'PT47H59M'],
    [2 * day, '2 days', 'P2D'],
    [14 * day - 1, '13 days', 'P13D'],
  ])('says of %i ms: %s', (milliseconds, text, iso) => {
    expect(remainingTime(milliseconds)).toMatchObject({ text, iso });
  });

  it.each([5 * minute, 90 * second + 1, hour, 3 * hour + 5, 2 * day, 14 * day - 1])(
    'says exactly when the words for %i ms change',
    (milliseconds) => {
      const { text, changesIn } = remainingTime(milliseconds);
      expect(remainingTime(milliseconds - changesIn + 1).text).toBe(text);
      expect(remainingTime(milliseconds - changesIn).text).not.toBe(text);
    },
  );
});
