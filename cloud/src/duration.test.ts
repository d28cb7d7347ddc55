import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

test.each([
  ['0s', 0],
  ['90s', 90],
  ['5m', 300],
  ['24h', 86_400],
  ['14d', 1_209_600],
  [' 5m ', 300],
])('%j', (text, seconds) => expect(parseDuration(text)).toBe(seconds));

test.each([
  '',
  '300',
  '5',
  'm',
  '5 m',
  '5M',
  '5min',
  '-5m',
  '+5m',
  '1.5h',
  '1e3s',
  '5m30s',
  '٥m',
  `${'1'.repeat(10)}s`,
])('not %j', (text) => expect(parseDuration(text)).toBeUndefined());

test.each([
  [0, '0s'],
  [45, '45s'],
  [60, '1m'],
  [90, '90s'],
  [3_600, '1h'],
  [86_400, '1d'],
  [90 * 86_400, '90d'],
])('%i seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
  expect(parseDuration(text)).toBe(seconds);
});
