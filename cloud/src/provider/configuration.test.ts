import { afterEach, describe, expect, test, vi } from 'vitest';
import { defaultLifetimes } from '../lifetimes.ts';
import { refreshTokenTtl } from './configuration.ts';
import { InstanceResources, resourceServerOf, webClientId } from './resource-server.ts';

const day = 86_400;
const now = 1_800_000_000;

afterEach(() => vi.useRealTimers());

describe('row 17: how long a refresh token lives', () => {
  test.each([
    ['at first', 0, 14 * day],
    ['in the middle of its family', 76 * day, 14 * day],
    ['near the end of its family', 80 * day, 10 * day],
    ['one second before the end', 90 * day - 1, 1],
    ['at the end: not for ever', 90 * day, 1],
    ['after the end: not for ever', 91 * day, 1],
  ])('%s', (_when, age, seconds) => {
    vi.setSystemTime(now * 1_000);
    expect(refreshTokenTtl(defaultLifetimes, now - age)).toBe(seconds);
  });
});

describe('rows 18, 19: instances as resources', () => {
  const resources = new InstanceResources('https://cloud.example.com');
  const context = {
    resources,
    lifetimes: defaultLifetimes,
    isRegistered: async (clientId: string) => clientId === 'known',
  };

  test('there and back', () => {
    expect(resources.resourceOf('known')).toBe('https://cloud.example.com/instances/known');
    expect(resources.clientIdOf(resources.resourceOf('known'))).toBe('known');
  });

  test.each([
    '',
    'known',
    'https://cloud.example.com/instances/',
    'https://cloud.example.com/instances/a/b',
    'https://cloud.example.com/instances/a?b',
    'https://cloud.example.com/instances/a#b',
    'https://cloud.example.com/instances/a ',
    'https://cloud.example.com/instances/a\n',
    'https://cloud.example.com/instances/%61',
    'https://cloud.example.com/instances/..',
    `https://cloud.example.com/instances/${'a'.repeat(65)}`,
    'https://CLOUD.example.com/instances/a',
    'https://cloud.example.com:443/instances/a',
    'http://cloud.example.com/instances/a',
    'https://evil.test/https://cloud.example.com/instances/a',
  ])('%j names none', (resource) => expect(resources.clientIdOf(resource)).toBeUndefined());

  test('tokens are JWTs for exactly that resource', async () => {
    const resource = resources.resourceOf('known');
    expect(await resourceServerOf(context, resource, webClientId)).toMatchObject({
      audience: resource,
      scope: 'instance',
      accessTokenFormat: 'jwt',
      accessTokenTTL: 300,
      jwt: { sign: { alg: 'ES256' } },
    });
  });

  test('an instance gets none, not even for itself; nobody gets one for what is not registered', async () => {
    await expect(resourceServerOf(context, resources.resourceOf('known'), 'known')).rejects.toThrow(
      'invalid_target',
    );
    await expect(resourceServerOf(context, resources.resourceOf('gone'), webClientId)).rejects.toThrow(
      'invalid_target',
    );
  });
});
