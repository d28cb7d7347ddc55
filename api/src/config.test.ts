import { expect, test } from 'vitest';
import { parseInstanceConfig } from './config.ts';

function claimWindowOf(claimWindow?: string): number | undefined {
  const flags = {
    dataPath: 'data',
    listen: '127.0.0.1:8080',
    cloud: 'http://localhost:7070',
    webApp: 'dist',
  };
  return parseInstanceConfig({ ...flags, keys: { directory: 'keys' }, claimWindow }).claimWindowSeconds;
}

test.each([
  [undefined, 900],
  ['90s', 90],
  ['1m', 60],
  ['7d', 604_800],
])('--claim-window %s: %d seconds', (text, seconds) => expect(claimWindowOf(text)).toBe(seconds));

test.each([
  ['59s', '“59s” is too short for --claim-window. Give it 1m to 7d.'],
  ['8d', '“8d” is too long for --claim-window. Give it 1m to 7d.'],
  [
    '15',
    '“15” is not a duration. Give --claim-window a whole number and its unit, s, m, h or d, for example 15m.',
  ],
])('not %s', (text, message) => {
  expect(() => claimWindowOf(text)).toThrow(
    expect.objectContaining({ code: 'invalid_configuration', message }),
  );
});
