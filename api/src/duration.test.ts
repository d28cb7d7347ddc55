import { expect, test } from 'vitest';
import { durationInWords, parseDuration } from './duration.ts';

test.each([
  ['0s', 0],
  ['90s', 90],
  ['15m', 900],
  ['24h', 86_400],
  ['7d', 604_800],
  [' 5m ', 300],
])('%j', (text, seconds) => expect(parseDuration(text)).toBe(seconds));

test.each(['', '900', 'm', '5 m', '5M', '5min', '-5m', '1.5h', '5m30s', `${'1'.repeat(10)}s`])(
  'not %j',
  (text) => expect(parseDuration(text)).toBeUndefined(),
);

test.each([
  [0, '0 seconds'],
  [1, '1 second'],
  [90, '90 seconds'],
  [60, '1 minute'],
  [900, '15 minutes'],
  [7_200, '2 hours'],
  [604_800, '7 days'],
])('%i seconds are %s', (seconds, words) => expect(durationInWords(seconds)).toBe(words));
