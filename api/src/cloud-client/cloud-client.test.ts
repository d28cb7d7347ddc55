import { describe, expect, test, vi } from 'vitest';
import { createKey, type Members } from '../../test/credentials.ts';
import { TestCloud } from '../../test/test-cloud.ts';
import { backOffMilliseconds } from './back-off.ts';
import { type CloudFetch, createCloudFetch } from './cloud-fetch.ts';
import { processDeregistrationResponse } from './deregistration.ts';
import { discover } from './discovery.ts';
import { CloudUnreachableError, quoteReason } from './errors.ts';
import { parseInstanceName } from './instance-name.ts';
import { processInstanceTokenResponse, renewalTime } from './instance-token.ts';
import { KeySet, processKeySetResponse } from './key-set.ts';
import { processInstanceResponse, processRecordOwnerResponse } from './ownership.ts';
import { processRegistrationResponse } from './registration.ts';

function cloudFetchWith(
  options: { fetch?: typeof fetch; onDate?: (cloudTime: number) => void } = {},
): CloudFetch {
  return createCloudFetch({
    fetch: options.fetch ?? fetch,
    now: Date.now,
    signal: new AbortController().signal,
    onDate: options.onDate ?? (() => undefined),
  });
}

describe('back-off', () => {
  test('doubles from 1 s to 30 s, half of it at random', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 100].map((failures) => backOffMilliseconds(failures, () => 1));
    expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(backOffMilliseconds(3, () => 0)).toBe(2_000);
  });
});

describe('the life of an instance token', () => {
  test.each([
    ['what the answer says', { expires_in: 120 }, { instance_token: 240 }, 120],
    ['what the cloud publishes', {}, { instance_token: 240 }, 240],
    ['ten minutes, where it says nothing', {}, { instance_token: undefined }, 600],
  ])('is %s', async (_source, answered, published, seconds) => {
    await using cloud = await TestCloud.start();
    const { holdfast_token_lifetimes: lifetimes } = cloud.metadata() as { holdfast_token_lifetimes: Members };
    const holdfast_token_lifetimes = { ...lifetimes, ...published };
    cloud.fault = () => Response.json({ ...cloud.metadata(), holdfast_token_lifetimes });
    const metadata = await discover(cloud.issuer, cloudFetchWith());
    const registration = { issuer: cloud.issuer, clientId: 'i1', clientSecret: 'secret' };
    const answer = Response.json({ access_token: 'token', token_type: 'Bearer', ...answered });
    const { expiresAt } = await processInstanceTokenResponse(metadata, registration, answer, () => 1_000);
    expect(expiresAt).toBe(1_000 + seconds * 1_000);
  });
});

describe('renewal of the instance token', () => {
  test('a minute before it expires, earlier for short ones', () => {
    expect(renewalTime({ accessToken: '', expiresAt: 600_000 }, 0)).toBe(540_000);
    expect(renewalTime({ accessToken: '', expiresAt: 30_000 }, 0)).toBe(20_000);
  });
});

describe('row 48: the words of the cloud', () => {
  test.each([
    ['as it is', 'no: canary-4711!'],
    ['cut short by the limit', `${'x'.repeat(195)}canary-4711`],
    ['percent-encoded', 'no: canary%2D4711'],
    ['in base64', `no: ${Buffer.from('i1:canary%2d4711').toString('base64')}`],
    ['in base64url', `no: ${Buffer.from('i1:canary-4711').toString('base64url')}`],
  ])('are not quoted when they hold a secret %s', (_how, words) => {
    expect(quoteReason(words, ['canary-4711'])).toBe('');
  });

  test('are quoted without what looks like a credential', () => {
    const reason = quoteReason('not Basic Y2FuYXJ5, nor client_secret=canary', ['canary-4711']);
    expect(reason).toBe('not Basic [redacted], nor client_secret=[redacted]');
  });

  test('are one printable line', () => {
    expect(quoteReason('a\u001b[2J\nb')).toBe('a [2J b');
    expect(quoteReason({ not: 'text' })).toBe('');
  });
});

describe('requests to the cloud', () => {
  test('nothing listens there', async () => {
    await using cloud = await TestCloud.start();
    await cloud.down();
    await expect(cloudFetchWith()(`${cloud.issuer}/jwks`)).rejects.toThrow('nothing listens at that address');
  });

  test.each([500, 503, 429])('status %i counts as away, with its Retry-After', async (status) => {
    await using cloud = await TestCloud.start();
    cloud.fault = () => new Response('no', { status, headers: { 'retry-after': '7' } });
    await expect(cloudFetchWith()(`${cloud.issuer}/jwks`)).rejects.toMatchObject({
      code: 'cloud_unreachable',
      retryAfterSeconds: 7,
      message: expect.stringContaining(String(status)),
    });
  });

  test('an endless answer is cut off', async () => {
    await using cloud = await TestCloud.start();
    cloud.fault = () => new Response('x'.repeat(300_000));
    await expect(cloudFetchWith()(`${cloud.issuer}/jwks`)).rejects.toThrow('too long');
  });

  test('no redirect is followed: it would carry the credentials along', async () => {
    await using cloud = await TestCloud.start();
    cloud.fault = ({ url }) =>
      url.endsWith('/jwks')
        ? new Response(null, { status: 307, headers: { location: `${cloud.issuer}/elsewhere` } })
        : undefined;
    expect((await cloudFetchWith()(`${cloud.issuer}/jwks`)).status).toBe(307);
    expect(cloud.requests).toEqual(['GET /jwks']);
  });

  test('plain http to another machine is not even tried', async () => {
    let asked = false;
    const cloudFetch = cloudFetchWith({
      fetch: async () => {
        asked = true;
        return new Response();
      },
    });
    await expect(cloudFetch('http://cloud.example.com/token')).rejects.toBeInstanceOf(CloudUnreachableError);
    expect(asked).toBe(false);
  });

  test('reports the time of the cloud', async () => {
    await using cloud = await TestCloud.start();
    const times: number[] = [];
    await cloudFetchWith({ onDate: (time) => times.push(time) })(`${cloud.issuer}/jwks`);
    expect(Math.abs((times[0] ?? 0) - Date.now())).toBeLessThan(5_000);
  });
});

describe('discovery', () => {
  test('reads endpoints and lifetimes', async () => {
    await using cloud = await TestCloud.start();
    await expect(discover(cloud.issuer, cloudFetchWith())).resolves.toMatchObject({
      tokenEndpoint: `${cloud.issuer}/token`,
      deviceAuthorizationEndpoint: `${cloud.issuer}/device/auth`,
      tokenLifetimes: { accessToken: 300, refreshTokenIdle: 1_209_600, devicePollInterval: 2 },
    });
  });

  test.each([undefined, 0, '2', 2 ** 31])(
    'a cloud whose interval between polls is %j has its lifetimes all the same',
    async (device_poll_interval) => {
      await using cloud = await TestCloud.start();
      const { holdfast_token_lifetimes: lifetimes } = cloud.metadata() as {
        holdfast_token_lifetimes: Members;
      };
      cloud.fault = () =>
        Response.json({
          ...cloud.metadata(),
          holdfast_token_lifetimes: { ...lifetimes, device_poll_interval },
        });
      const { tokenLifetimes } = await discover(cloud.issuer, cloudFetchWith());
      expect(tokenLifetimes).toMatchObject({ accessToken: 300, devicePollInterval: undefined });
    },
  );

  test.each([
    ['another issuer', { issuer: 'http://localhost:1' }],
    ['an endpoint without TLS on another machine', { token_endpoint: 'http://cloud.example.com/token' }],
    ['an endpoint that is no URL', { token_endpoint: 'nonsense' }],
    ['no registration', { registration_endpoint: undefined }],
    ['no keys', { jwks_uri: 7 }],
  ])('refuses %s', async (_what, change) => {
    await using cloud = await TestCloud.start();
    cloud.fault = () => Response.json({ ...cloud.metadata(), ...change });
    await expect(discover(cloud.issuer, cloudFetchWith())).rejects.toBeInstanceOf(CloudUnreachableError);
  });

  test('what the cloud calls itself is quoted without what a terminal obeys', async () => {
    await using cloud = await TestCloud.start();
    // URLs are read as if these characters were not there.
    const issuer = `\u001b\u0007${cloud.issuer.replace('localhost', 'local\nhost')}/`;
    cloud.fault = () => Response.json({ ...cloud.metadata(), issuer });
    const message = `it calls itself ${cloud.issuer.replace('localhost', 'local host')}/; use that as --cloud`;
    await expect(discover(cloud.issuer, cloudFetchWith())).rejects.toThrow(message);
  });

  test.each([
    ['HTML', () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } })],
    ['nothing', () => new Response('')],
    ['a list', () => Response.json([])],
    ['404', () => Response.json({}, { status: 404 })],
  ])('refuses %s', async (_what, fault) => {
    await using cloud = await TestCloud.start();
    cloud.fault = fault;
    await expect(discover(cloud.issuer, cloudFetchWith())).rejects.toThrow('is not a Holdfast cloud');
  });

  test('lifetimes that make no sense are left out', async () => {
    await using cloud = await TestCloud.start();
    cloud.fault = () =>
      Response.json({ ...cloud.metadata(), holdfast_token_lifetimes: { access_token: -1 } });
    expect((await discover(cloud.issuer, cloudFetchWith())).tokenLifetimes).toBeUndefined();
  });
});

describe('registration', () => {
  const answer = { client_id: 'i1', client_secret: 'canary-secret' };
  const process = async (body: unknown, status = 201) =>
    (await processRegistrationResponse('https://cloud.test', Response.json(body, { status }))).registration;

  test('keeps what it needs', async () => {
    await expect(process({ ...answer, client_secret_expires_at: 0 })).resolves.toEqual({
      issuer: 'https://cloud.test',
      clientId: 'i1',
      clientSecret: 'canary-secret',
    });
  });

  test('a refusal is one, with its reason in one line', async () => {
    const refusal = process(
      { error: 'invalid_client_metadata', error_description: 'not\n\u001B[31mhere' },
      400,
    );
    await expect(refusal).rejects.toMatchObject({ code: 'registration_refused', message: 'not [31mhere' });
  });

  test.each([
    ['no secret', { ...answer, client_secret: undefined }],
    [
      'a client ID that would leave its place in the resource',
      { ...answer, client_secret_expires_at: 0, client_id: '../x' },
    ],
    ['no client ID', { ...answer, client_id: undefined }],
  ])('nonsense is no registration and its secret is in no error: %s', async (_what, body) => {
    const error = await process(body).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CloudUnreachableError);
    expect(JSON.stringify([String(error), (error as Error).cause ?? null])).not.toContain('canary-secret');
  });
});

describe('deregistration', () => {
  const judge = (status: number) => processDeregistrationResponse(new Response(null, { status }));

  test.each([
    [204, 'deleted'],
    [401, 'already gone'],
    [404, 'already gone'],
    [403, 'refused'],
    [405, 'refused'],
  ])('%i: %s', (status, outcome) => expect(judge(status)).toBe(outcome));

  test.each([200, 302, 307, 400, 409])('%i decides nothing', (status) => {
    expect(() => judge(status)).toThrow(CloudUnreachableError);
  });
});

describe('the record of the instance', () => {
  const record = {
    client_id: 'i1',
    name: 'Lab',
    owner: { workspace: 'w1', workspace_name: 'Ann', claimed_at: '2026-11-23T12:00:00Z' },
  };

  test('is read', async () => {
    await expect(processInstanceResponse(Response.json(record))).resolves.toEqual({
      clientId: 'i1',
      name: 'Lab',
      owner: { workspace: 'w1', workspaceName: 'Ann', claimedAt: '2026-11-23T12:00:00.000Z' },
    });
  });

  test('a name that an instance cannot bear is left out', async () => {
    const { name } = await processInstanceResponse(Response.json({ ...record, name: 'a\u0000b' }));
    expect(name).toBeUndefined();
  });

  test.each([
    ['an owner of text', { ...record, owner: 'w1' }],
    ['an owner since never', { ...record, owner: { ...record.owner, claimed_at: 'never' } }],
    ['no client ID', { ...record, client_id: undefined }],
  ])('refuses %s', async (_what, body) => {
    await expect(processInstanceResponse(Response.json(body))).rejects.toBeInstanceOf(CloudUnreachableError);
  });

  test('a recording for somebody else is none', async () => {
    await expect(processRecordOwnerResponse(Response.json(record), 'w2')).rejects.toBeInstanceOf(
      CloudUnreachableError,
    );
  });

  test.each([
    [409, 'already_claimed', 'already-claimed'],
    [403, 'not_approved', 'not-approved'],
  ])('%i %s', async (status, error, result) => {
    await expect(processRecordOwnerResponse(Response.json({ error }, { status }), 'w1')).resolves.toEqual({
      result,
    });
  });
});

describe('row 25: the key set', () => {
  async function keySetOf(cloud: TestCloud, now: () => number): Promise<KeySet> {
    const cloudFetch = cloudFetchWith();
    return new KeySet(async () => cloudFetch(`${cloud.issuer}/jwks`), now);
  }

  test('a flood of made-up key ids asks the cloud once in 30 s', async () => {
    await using cloud = await TestCloud.start();
    let now = 0;
    const keys = await keySetOf(cloud, () => now);
    const flood = async () =>
      Promise.all(Array.from({ length: 10_000 }, async (_id, index) => keys.find(`k${index}`)));
    await flood();
    now = 29_999;
    await flood();
    expect(cloud.requests).toHaveLength(1);
    now = 30_000;
    await flood();
    expect(cloud.requests).toHaveLength(2);
  });

  test('a new key is found, and the old one stays good while it is published', async () => {
    await using cloud = await TestCloud.start();
    let now = 0;
    const keys = await keySetOf(cloud, () => now);
    const { kid: oldKid } = cloud.signingKey;
    expect(await keys.find(oldKid)).toBeDefined();
    await cloud.rotateKeys();
    now = 31_000;
    expect(await keys.find(cloud.signingKey.kid)).toBeDefined();
    expect(await keys.find(oldKid)).toBeDefined();
    await cloud.rotateKeys(true);
    now = 62_000;
    await keys.find('unknown');
    expect(await keys.find(oldKid)).toBeUndefined();
  });

  test('says when it may ask again, in seconds of which the last is not too early', async () => {
    await using cloud = await TestCloud.start();
    let now = 5_000;
    const keys = await keySetOf(cloud, () => now);
    expect(keys.secondsUntilFetch()).toBe(1);
    await keys.find('made-up');
    await cloud.rotateKeys();
    now += 1;
    const { kid } = cloud.signingKey;
    expect(await keys.find(kid)).toBeUndefined();
    expect(keys.secondsUntilFetch()).toBe(30);
    now += keys.secondsUntilFetch() * 1_000;
    expect(await keys.find(kid)).toBeDefined();
    now = 0;
    expect(keys.secondsUntilFetch()).toBe(1);
  });

  test('a key that the cloud itself names is asked for at once, whatever strangers have made up', async () => {
    await using cloud = await TestCloud.start();
    const keys = await keySetOf(cloud, () => 0);
    await keys.find('made-up');
    await cloud.rotateKeys(true);
    expect(await keys.findForCloud(cloud.signingKey.kid)).toBeDefined();
    expect(cloud.requests).toHaveLength(2);
    await cloud.down();
    await expect(keys.findForCloud('unknown')).rejects.toThrow(CloudUnreachableError);
  });

  test('a key that was withdrawn is found no more after ten minutes, although nobody asks for another', async () => {
    await using cloud = await TestCloud.start();
    let now = 0;
    const keys = await keySetOf(cloud, () => now);
    const { kid } = cloud.signingKey;
    await keys.find(kid);
    await cloud.rotateKeys(true);
    now = 600_000;
    expect(keys.current(kid)).toBeDefined();
    expect(cloud.requests).toHaveLength(1);
    now = 600_001;
    await vi.waitFor(() => expect(keys.current(kid)).toBeUndefined());
    expect(cloud.requests).toHaveLength(2);
  });

  test('known keys work while the cloud is away; unknown ones are not called invalid', async () => {
    await using cloud = await TestCloud.start();
    let now = 0;
    const keys = await keySetOf(cloud, () => now);
    await keys.find(cloud.signingKey.kid);
    await cloud.down();
    now = 3_600_000;
    expect(await keys.find(cloud.signingKey.kid)).toBeDefined();
    await expect(keys.find('unknown')).rejects.toMatchObject({ code: 'cloud_unavailable', status: 503 });
  });

  test('keys of other kinds are left out', async () => {
    const [p384, encryption, signing] = [await createKey('ES384'), await createKey(), await createKey()];
    const keys = await processKeySetResponse(
      Response.json({
        keys: [
          { ...p384.publicJwk, kid: 'p384' },
          { ...encryption.publicJwk, kid: 'enc', use: 'enc' },
          { ...encryption.publicJwk, kid: 'alg', alg: 'ES512' },
          { ...encryption.publicJwk },
          { kty: 'oct', k: 'AAAA', kid: 'oct' },
          null,
          { ...signing.publicJwk, kid: 'sig', use: 'sig', alg: 'ES256' },
        ],
      }),
    );
    expect([...keys.keys()]).toEqual(['sig']);
  });
});

describe('names of instances', () => {
  test.each(['Lab', ' Engagement Acme, autumn ', '実験室', '❤\ufe0f', 'x'.repeat(64), '🐙'.repeat(64)])(
    '“%s”',
    (name) => {
      expect(parseInstanceName(name)).toEqual({ ok: true, name: name.trim() });
    },
  );
  test.each(['', '   ', 'x'.repeat(65), 'a\u0000b', 'a\nb', 'a\u2028b', '\u3164', 'a\u00adb', '\ufe0f'])(
    'not %j',
    (name) => {
      expect(parseInstanceName(name)).toMatchObject({ ok: false });
    },
  );
});
