import { describe, expect, test } from 'vitest';
import { type CloudFlags, parseCloudConfig } from './config.ts';
import { formatDuration } from './duration.ts';
import { type LifetimeFlags, lifetimeFlags, lifetimeNames } from './lifetime-config.ts';
import { defaultLifetimes, lifetimeRanges } from './lifetimes.ts';

const flags: CloudFlags = { dataPath: 'data', listen: 'localhost:7070', webApp: 'dist' };
const lifetimesOf = (lifetimes: LifetimeFlags) => parseCloudConfig({ ...flags, lifetimes }).lifetimes;

/** The sentences with which the lifetimes are refused. */
function problemsOf(lifetimes: LifetimeFlags): string[] {
  try {
    lifetimesOf(lifetimes);
  } catch (error) {
    expect(error).toMatchObject({ name: 'StartupError', code: 'invalid_configuration' });
    return (error as Error).message.split('\n');
  }
  return [];
}

test('what is not given has its default', () => {
  expect(lifetimesOf({})).toEqual(defaultLifetimes);
  expect(lifetimesOf({ accessTokenTtl: '90s', devicePollInterval: '5s' })).toEqual({
    ...defaultLifetimes,
    access_token: 90,
    device_poll_interval: 5,
  });
});

test('the defaults may also be given', () => {
  const given = lifetimeNames.map((lifetime) => [
    lifetimeFlags[lifetime].name,
    formatDuration(defaultLifetimes[lifetime]),
  ]);
  expect(lifetimesOf(Object.fromEntries(given))).toEqual(defaultLifetimes);
});

describe.each(lifetimeNames)('%s', (lifetime) => {
  const { name, flag } = lifetimeFlags[lifetime];
  const { shortest, longest } = lifetimeRanges[lifetime];
  /** What the lifetime must not outlive, or be outlived by, is as far away as it can be. */
  const alone: LifetimeFlags = {
    accessTokenTtl: '1m',
    refreshTokenIdleTtl: lifetime === 'refresh_token_absolute' ? '5m' : '365d',
    refreshTokenAbsoluteTtl: '365d',
  };

  test('takes both ends of its range', () => {
    for (const seconds of [shortest, longest])
      expect(lifetimesOf({ ...alone, [name]: `${seconds}s` })?.[lifetime]).toBe(seconds);
  });

  test.each([
    [`${shortest - 1}s`, 'short'],
    [`${longest + 1}s`, 'long'],
  ])('not %s', (text, what) => {
    expect(problemsOf({ ...alone, [name]: text })).toEqual([
      `“${text}” is too ${what} for ${flag}. Give it ${formatDuration(shortest)} to ${formatDuration(longest)}.`,
    ]);
  });

  test.each(['', '300', '5 minutes', '-1m'])('not %j', (text) => {
    expect(problemsOf({ ...alone, [name]: text })).toEqual([
      `“${text}” is not a duration. Give ${flag} a whole number and its unit, s, m, h or d, for example ${formatDuration(defaultLifetimes[lifetime])}.`,
    ]);
  });
});

test('what is renewed does not outlive what renews it', () => {
  expect(problemsOf({ accessTokenTtl: '1h', refreshTokenIdleTtl: '30m' })).toEqual([
    '--access-token-ttl is 1h, longer than --refresh-token-idle-ttl, which is 30m. Shorten the one or lengthen the other.',
  ]);
  expect(problemsOf({ refreshTokenAbsoluteTtl: '7d' })).toEqual([
    '--refresh-token-idle-ttl is 14d, longer than --refresh-token-absolute-ttl, which is 7d. Shorten the one or lengthen the other.',
  ]);
  expect(
    lifetimesOf({ accessTokenTtl: '1h', refreshTokenIdleTtl: '1h', refreshTokenAbsoluteTtl: '1h' }),
  ).toMatchObject({ access_token: 3_600, refresh_token_idle: 3_600, refresh_token_absolute: 3_600 });
});

test('every bad value at once, also beside other flags', () => {
  const lifetimes = { accessTokenTtl: '5', deviceCodeTtl: '2h' };
  expect(() => parseCloudConfig({ ...flags, listen: 'x', lifetimes })).toThrow(
    /“x” is not.*\n“5” is not a duration.*\n“2h” is too long for --device-code-ttl/,
  );
});
