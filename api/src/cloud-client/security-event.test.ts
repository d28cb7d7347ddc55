import { createPublicKey } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { createKey, type Members, sign, type TestKey } from '../../test/credentials.ts';
import { publishedKeys } from '../../test/published-keys.ts';
import type { SigningKeys } from '../access/token-verification.ts';
import { readSecurityEvent } from './security-event.ts';

const issuer = 'https://cloud.test';
const expected = { issuer, audience: 'i1' };
const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';

let cloud: TestKey;
let keys: SigningKeys;

beforeAll(async () => {
  cloud = await createKey();
  const key = createPublicKey({ key: cloud.publicJwk, format: 'jwk' });
  keys = publishedKeys((kid) => (kid === 'k1' ? key : undefined));
});

async function read(
  { header, payload, key = cloud }: { header?: Members; payload?: Members; key?: TestKey },
  jti = 'e1',
) {
  const token = await sign(
    { alg: 'ES256', typ: 'secevent+jwt', kid: 'k1', ...header },
    {
      iss: issuer,
      aud: 'i1',
      jti: 'e1',
      iat: 1_800_000_000,
      sub_id: { format: 'opaque', id: 'grant-1' },
      events: { [sessionRevoked]: {} },
      ...payload,
    },
    key.privateKey,
  );
  return readSecurityEvent(token, jti, expected, keys);
}

describe('row 28: an event of this cloud for this instance says whose access ended:', () => {
  test('a sign-in', async () => {
    expect(await read({})).toEqual({ subject: 'grant', id: 'grant-1', at: 1_800_000_000 });
  });

  test('an account', async () => {
    const sub_id = { format: 'iss_sub', iss: issuer, sub: 'account-1' };
    expect(await read({ payload: { sub_id } })).toEqual({
      subject: 'account',
      id: 'account-1',
      at: 1_800_000_000,
    });
  });

  test('changed claims end the tokens that have the old ones', async () => {
    const events = { 'https://schemas.openid.net/secevent/caep/event-type/token-claims-change': {} };
    expect(await read({ payload: { events } })).toMatchObject({ subject: 'grant' });
  });

  test.each([
    ['a role', { claims: { role: 'viewer' } }, { subject: 'role', role: 'viewer' }],
    ['no role', { claims: { email: 'x@example.test' } }, { subject: 'account' }],
    ['a role that is none', { claims: { role: 7 } }, { subject: 'account' }],
  ])('changed claims of an account, with %s', async (_what, event, ended) => {
    const sub_id = { format: 'iss_sub', iss: issuer, sub: 'account-1' };
    const events = { 'https://schemas.openid.net/secevent/caep/event-type/token-claims-change': event };
    expect(await read({ payload: { sub_id, events } })).toEqual({
      id: 'account-1',
      at: 1_800_000_000,
      ...ended,
    });
  });
});

describe('row 24: nothing is made of', () => {
  test.each<[string, { header?: Members; payload?: Members }]>([
    ['an access token', { header: { typ: 'at+jwt' } }],
    ['a token without a type', { header: { typ: undefined } }],
    ['an unknown key', { header: { kid: 'k2' } }],
    ['no key', { header: { kid: undefined } }],
    ['another issuer', { payload: { iss: 'https://evil.test' } }],
    ['another instance', { payload: { aud: 'i2' } }],
    ['several audiences', { payload: { aud: ['i1', 'i2'] } }],
    ['no time', { payload: { iat: undefined } }],
    ['a time that is none', { payload: { iat: '1800000000' } }],
    ['no events', { payload: { events: undefined } }],
    ['another event', { payload: { events: { 'urn:other': {} } } }],
    ['an inherited name', { payload: { events: { toString: {} } } }],
    ['no subject', { payload: { sub_id: undefined } }],
    ['an empty subject', { payload: { sub_id: { format: 'opaque', id: '' } } }],
    ['an account of another issuer', { payload: { sub_id: { format: 'iss_sub', iss: 'x', sub: 'a' } } }],
    ['another kind of subject', { payload: { sub_id: { format: 'email', email: 'a@b.test' } } }],
  ])('%s', async (_what, changes) => {
    expect(await read(changes)).toBeUndefined();
  });

  test('another key’s signature', async () => {
    expect(await read({ key: await createKey() })).toBeUndefined();
  });

  test('an event under the name of another', async () => {
    expect(await read({}, 'e2')).toBeUndefined();
  });

  test.each(['', 'x', 'a.b.c'])('no token: %j', async (token) => {
    expect(await readSecurityEvent(token, 'e1', expected, keys)).toBeUndefined();
  });
});
