import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { CompactSign } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  assemble,
  createKey,
  type Members,
  sign,
  signAccessToken,
  signProof,
  type TestKey,
} from '../../test/credentials.ts';
import { publishedKeys } from '../../test/published-keys.ts';
import { AccessError } from './errors.ts';
import { TokenVerifier } from './token-verification.ts';

const issuer = 'https://cloud.test';
const resource = `${issuer}/instances/i1`;
const kid = 'k1';
const now = 1_800_000_000;

let cloud: TestKey;
let browser: TestKey;
let verifier: TokenVerifier;

beforeAll(async () => {
  cloud = await createKey();
  browser = await createKey();
  const key = publicKeyOf(cloud);
  verifier = new TokenVerifier(
    { issuer, resource, clientId: 'holdfast-web' },
    publishedKeys((asked) => (asked === kid ? key : undefined)),
    () => now * 1_000,
  );
});

function publicKeyOf({ publicJwk }: TestKey): KeyObject {
  return createPublicKey({ key: publicJwk, format: 'jwk' });
}

async function tokenWith(
  changes: { header?: Members; claims?: Members; key?: CryptoKey | Uint8Array } = {},
): Promise<string> {
  return signAccessToken({ issuer, resource, jkt: browser.jkt, kid, key: cloud.privateKey, now, ...changes });
}

async function expectRefused(token: string, message: RegExp): Promise<void> {
  const refusal = await verifier.verify(token).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(AccessError);
  expect(refusal).toMatchObject({
    code: 'invalid_token',
    status: 401,
    message: expect.stringMatching(message),
  });
  expect((refusal as AccessError).message).not.toContain(token.slice(0, 20));
}

test('a genuine token says who its bearer is', async () => {
  const token = await tokenWith();
  await expect(verifier.verify(token)).resolves.toEqual({
    sub: 'account-1',
    email: 'ann@example.test',
    name: 'Ann',
    workspace: 'workspace-1',
    workspaceName: "Ann's workspace",
    role: 'owner',
    clientId: 'holdfast-web',
    jkt: browser.jkt,
    grantId: 'grant-1',
    iat: now,
    exp: now + 300,
    tokenHash: createHash('sha256').update(token).digest('base64url'),
  });
});

test('typ may be spelled as the full media type (RFC 9068 section 4)', async () => {
  await expect(
    verifier.verify(await tokenWith({ header: { typ: 'application/at+jwt' } })),
  ).resolves.toBeDefined();
});

describe('one wrong field is enough: claims', () => {
  const cases: [rule: string, claims: Members, message: RegExp][] = [
    ['iss: another cloud', { iss: 'https://other.test' }, /another cloud \(iss\)/],
    ['iss: the same with a slash', { iss: `${issuer}/` }, /\(iss\)/],
    ['iss: missing', { iss: undefined }, /\(iss\)/],
    ['aud: another instance', { aud: `${issuer}/instances/i2` }, /another instance \(aud\)/],
    ['aud: a prefix of ours', { aud: `${issuer}/instances/i` }, /\(aud\)/],
    ['aud: a list, even with ours in it', { aud: [resource, `${issuer}/instances/i2`] }, /\(aud\)/],
    ['aud: missing', { aud: undefined }, /\(aud\)/],
    ['client_id: another client', { client_id: 'other' }, /another client \(client_id\)/],
    ['sub: missing', { sub: undefined }, /no account \(sub\)/],
    ['sub: not a string', { sub: 7 }, /\(sub\)/],
    ['workspace: missing', { workspace: undefined }, /no workspace/],
    ['workspace: empty', { workspace: '' }, /no workspace/],
    ['role: missing, as from a cloud that knows none', { role: undefined }, /no role .*\(role\)/],
    ['role: unknown, as from a newer cloud', { role: 'auditor' }, /no role .*Update the instance/],
    ['role: another spelling', { role: 'OWNER' }, /\(role\)/],
    ['role: a list', { role: ['owner'] }, /\(role\)/],
    ['role: a member of every object', { role: 'constructor' }, /\(role\)/],
    ['row 27: exp: passed', { exp: now }, /expired 0 seconds ago/],
    ['exp: missing', { exp: undefined }, /no expiry \(exp\)/],
    ['exp: a string', { exp: String(now + 300) }, /\(exp\)/],
    [
      'row 28: exp: longer than it is remembered whose access has ended',
      { exp: now + 24 * 3_600 + 1 },
      /more than a day/,
    ],
    ['iat: missing', { iat: undefined }, /time of issue \(iat\)/],
    [
      'row 27: iat: 120 s ahead says whose clock',
      { iat: now + 120 },
      /clock of the cloud is 120 seconds ahead/,
    ],
    ['row 27: iat: 61 s ahead', { iat: now + 61 }, /61 seconds ahead/],
    ['row 27: nbf: 120 s ahead', { nbf: now + 120 }, /120 seconds ahead/],
    ['nbf: not a number', { nbf: 'soon' }, /\(nbf\)/],
    ['cnf: missing', { cnf: undefined }, /not bound to a key \(cnf\.jkt\)/],
    ['cnf: another confirmation method', { cnf: { 'x5t#S256': 'abc' } }, /cnf\.jkt/],
    ['cnf: jkt is no string', { cnf: { jkt: 1 } }, /cnf\.jkt/],
  ];
  test.each(cases)('%s', async (_rule, claims, message) => {
    await expectRefused(await tokenWith({ claims }), message);
  });

  test('exp: a day, and not a second longer', async () => {
    const token = await tokenWith({ claims: { exp: now + 24 * 3_600 } });
    await expect(verifier.verify(token)).resolves.toBeDefined();
  });

  test.each([30, 60])('row 27: iat: %i s ahead is within the tolerance', async (seconds) => {
    await expect(verifier.verify(await tokenWith({ claims: { iat: now + seconds } }))).resolves.toBeDefined();
  });
});

describe('row 24: one wrong field is enough: type', () => {
  test('typ: a plain JWT', async () => expectRefused(await tokenWith({ header: { typ: 'JWT' } }), /\(typ\)/));
  test('typ: missing, as in an ID token', async () =>
    expectRefused(await tokenWith({ header: { typ: undefined } }), /\(typ\)/));
  test('typ: a security event token', async () =>
    expectRefused(await tokenWith({ header: { typ: 'secevent+jwt' } }), /\(typ\)/));
  test('typ: a DPoP proof', async () => {
    const proof = await signProof({ key: browser, accessToken: 'x', url: 'http://127.0.0.1/graphql', now });
    await expectRefused(proof, /\(typ\)/);
  });
});

describe('row 23: one wrong field is enough: algorithm, key and signature', () => {
  test('alg: none', async () => {
    const [header, payload] = (await tokenWith()).split('.') as [string, string];
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid })).toString('base64url');
    await expectRefused(`${unsigned}.${payload}.`, /ES256/);
    await expectRefused(`${header}.${payload}.`, /ES256/);
  });

  test('alg: HS256 with the public key as the secret', async () => {
    const secret = new TextEncoder().encode(publicKeyOf(cloud).export({ type: 'spki', format: 'pem' }));
    await expectRefused(await tokenWith({ header: { alg: 'HS256' }, key: secret }), /ES256/);
  });

  test.each(['RS256', 'ES384', 'PS256', 'EdDSA'])('alg: %s', async (alg) => {
    const key = await createKey(alg);
    await expectRefused(await tokenWith({ header: { alg }, key: key.privateKey }), /ES256/);
  });

  test('signature: by another key', async () => {
    await expectRefused(await tokenWith({ key: browser.privateKey }), /signature/);
  });

  test('signature: one bit flipped', async () => {
    const token = await tokenWith();
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const bytes = Buffer.from(signature, 'base64url');
    bytes.writeUInt8(bytes.readUInt8(10) ^ 1, 10);
    await expectRefused(`${header}.${payload}.${bytes.toString('base64url')}`, /signature/);
  });

  test('signature: of another payload, after the genuine token was accepted', async () => {
    const token = await tokenWith();
    await verifier.verify(token);
    const [header, , signature] = token.split('.') as [string, string, string];
    const payload = Buffer.from(JSON.stringify({ iss: issuer, aud: resource })).toString('base64url');
    await expectRefused(`${header}.${payload}.${signature}`, /signature/);
  });

  test('signature: zeros (CVE-2022-21449)', async () => {
    const [header, payload] = (await tokenWith()).split('.') as [string, string];
    await expectRefused(`${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`, /signature/);
  });

  test('kid: unknown', async () =>
    expectRefused(await tokenWith({ header: { kid: 'k2' } }), /does not publish \(kid\)/));
  test('kid: missing', async () => expectRefused(await tokenWith({ header: { kid: undefined } }), /\(kid\)/));
  test('kid: endless', async () =>
    expectRefused(await tokenWith({ header: { kid: 'k'.repeat(300) } }), /\(kid\)/));

  test('crit: an extension that nobody understands', async () => {
    const token = await new CompactSign(Buffer.from('{}'))
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, crit: ['b64'], b64: true })
      .sign(cloud.privateKey);
    await expectRefused(token, /well-formed/);
  });
});

describe('row 26: there is one encoding of a token', () => {
  test('duplicate header members', async () => {
    const [, payload] = (await tokenWith()).split('.') as [string, string];
    const header = `{"alg":"none","typ":"at+jwt","kid":"${kid}","\\u0061lg":"ES256"}`;
    await expectRefused(
      assemble(header, Buffer.from(payload, 'base64url').toString(), 'A'.repeat(86)),
      /well-formed/,
    );
  });

  test('duplicate claims, although validly signed', async () => {
    const payload = `{"iss":"${issuer}","aud":"x","aud":"${resource}"}`;
    const token = await new CompactSign(Buffer.from(payload))
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
      .sign(cloud.privateKey);
    await expectRefused(token, /well-formed/);
  });

  test.each([
    ['padding', (part: string) => `${part}=`],
    ['whitespace', (part: string) => `${part.slice(0, 4)} ${part.slice(4)}`],
    ['a line break', (part: string) => `${part}\n`],
    ['the standard alphabet', (part: string) => `${part.slice(0, -1)}+`],
  ])('base64url with %s', async (_what, change) => {
    const parts = (await tokenWith()).split('.');
    for (const index of [0, 1, 2]) {
      await expectRefused(
        parts.map((part, position) => (position === index ? change(part) : part)).join('.'),
        /./,
      );
    }
  });

  test('base64url with left-over bits', async () => {
    const [header, payload, signature] = (await tokenWith()).split('.') as [string, string, string];
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // 64 bytes leave four bits of the last character unused.
    const last = alphabet.charAt(alphabet.indexOf(signature.slice(-1)) + 1);
    const twin = `${signature.slice(0, -1)}${last}`;
    expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
    await expectRefused(`${header}.${payload}.${twin}`, /well-formed/);
  });

  test('JSON that is no UTF-8, no object, or no JSON', async () => {
    for (const payload of ['[]', 'null', '"text"', '{', '']) {
      const token = await new CompactSign(Buffer.from(payload))
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
        .sign(cloud.privateKey);
      await expectRefused(token, /well-formed/);
    }
    const notUtf8 = await new CompactSign(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
      .sign(cloud.privateKey);
    await expectRefused(notUtf8, /well-formed/);
  });

  test('two or four parts', async () => {
    const token = await tokenWith();
    await expectRefused(token.split('.').slice(0, 2).join('.'), /well-formed/);
    await expectRefused(`${token}.${token}`, /well-formed/);
  });

  test('more than 8 KiB', async () => {
    await expectRefused(await tokenWith({ claims: { filler: 'x'.repeat(8_192) } }), /well-formed/);
  });
});

test('a token whose cached signature is good still expires', async () => {
  let time = now;
  const key = publicKeyOf(cloud);
  const aging = new TokenVerifier(
    { issuer, resource, clientId: 'holdfast-web' },
    publishedKeys(() => key),
    () => time * 1_000,
  );
  const token = await tokenWith();
  await aging.verify(token);
  time = now + 301;
  await expect(aging.verify(token)).rejects.toMatchObject({
    message: expect.stringContaining('expired 1 seconds ago'),
  });
});

test('a token whose key was withdrawn is refused although its signature was cached', async () => {
  let key: KeyObject | undefined = publicKeyOf(cloud);
  const rotating = new TokenVerifier(
    { issuer, resource, clientId: 'holdfast-web' },
    publishedKeys(() => key),
    () => now * 1_000,
  );
  const token = await tokenWith();
  await rotating.verify(token);
  key = undefined;
  await expect(rotating.verify(token)).rejects.toMatchObject({ message: expect.stringContaining('kid') });
  key = publicKeyOf(browser);
  await expect(rotating.verify(token)).rejects.toMatchObject({
    message: expect.stringContaining('signature'),
  });
});

test('row 18: of five instances each accepts the tokens for itself only', async () => {
  const resources = [1, 2, 3, 4, 5].map((number) => `${issuer}/instances/i${number}`);
  const key = publicKeyOf(cloud);
  const accepted: boolean[] = [];
  for (const [from, audience] of resources.entries()) {
    const token = await tokenWith({ claims: { aud: audience } });
    for (const [at, expected] of resources.entries()) {
      const instance = new TokenVerifier(
        { issuer, resource: expected, clientId: 'holdfast-web' },
        publishedKeys(() => key),
        () => now * 1_000,
      );
      const isAccepted = await instance.verify(token).then(
        () => true,
        () => false,
      );
      expect(isAccepted).toBe(from === at);
      accepted.push(isAccepted);
    }
  }
  expect(accepted.filter(Boolean)).toHaveLength(5);
});

test('row 23: no mutant of one character is accepted', async () => {
  const token = await sign({ alg: 'ES256', typ: 'at+jwt', kid }, { iss: issuer }, cloud.privateKey);
  for (let index = 0; index < token.length; index += 1) {
    const mutant = `${token.slice(0, index)}${token[index] === 'A' ? 'B' : 'A'}${token.slice(index + 1)}`;
    await expect(verifier.verify(mutant)).rejects.toBeInstanceOf(AccessError);
  }
});
