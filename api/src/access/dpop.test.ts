import { exportJWK } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { assemble, createKey, type Members, signProof, type TestKey } from '../../test/credentials.ts';
import { DpopVerifier, sha256 } from './dpop.ts';
import { AccessError } from './errors.ts';
import { ReplayStore } from './replay-store.ts';

const url = 'http://127.0.0.1:8080/graphql';
const accessToken = 'header.payload.signature';
const now = 1_800_000_000;

let key: TestKey;
let other: TestKey;
let verifier: DpopVerifier;

beforeAll(async () => {
  key = await createKey();
  other = await createKey();
});

beforeEach(() => {
  verifier = new DpopVerifier(new ReplayStore(), () => now * 1_000);
});

async function proofWith(
  changes: { header?: Members; claims?: Members; key?: TestKey } = {},
): Promise<string> {
  return signProof({ key, accessToken, url, now, ...changes });
}

function judge(
  proof: string | undefined,
  expected: Partial<{ htm: string; htu: string; jkt: string }> = {},
): void {
  verifier.verify(proof, {
    ...{ htm: 'POST', htu: url, ath: sha256(accessToken), jkt: key.jkt },
    ...{ holder: { account: 'account-1', isMember: true }, ...expected },
  });
}

function expectRefused(proof: string | undefined, message: RegExp, expected = {}): void {
  try {
    judge(proof, expected);
  } catch (error) {
    expect(error).toBeInstanceOf(AccessError);
    expect(error).toMatchObject({
      code: 'invalid_dpop_proof',
      status: 401,
      message: expect.stringMatching(message),
    });
    return;
  }
  expect.unreachable('the proof was accepted');
}

test('a genuine proof is accepted', async () => judge(await proofWith()));

describe('row 21: one wrong field is enough: claims', () => {
  const cases: [rule: string, claims: Members, message: RegExp][] = [
    ['ath: of another token', { ath: 'x' }, /another access token \(ath\)/],
    ['ath: missing', { ath: undefined }, /\(ath\)/],
    ['htm: another method', { htm: 'GET' }, /another method \(htm\)/],
    ['htm: another case', { htm: 'post' }, /\(htm\)/],
    ['htm: missing', { htm: undefined }, /\(htm\)/],
    ['htu: another path', { htu: 'http://127.0.0.1:8080/healthz' }, /another address \(htu\)/],
    ['htu: another host', { htu: 'http://evil.test:8080/graphql' }, /\(htu\)/],
    ['htu: another port', { htu: 'http://127.0.0.1:8081/graphql' }, /\(htu\)/],
    ['htu: another scheme', { htu: 'https://127.0.0.1:8080/graphql' }, /\(htu\)/],
    ['htu: with a user name', { htu: 'http://a@127.0.0.1:8080/graphql' }, /\(htu\)/],
    ['htu: no URL', { htu: '/graphql' }, /\(htu\)/],
    ['htu: missing', { htu: undefined }, /\(htu\)/],
    [
      'iat: 120 s behind names the clock',
      { iat: now - 120 },
      /clock of this device is 120 seconds behind the clock of the instance/,
    ],
    [
      'iat: 120 s ahead names the clock',
      { iat: now + 120 },
      /clock of this device is 120 seconds ahead of the clock of the instance/,
    ],
    ['row 27: iat: 61 s behind', { iat: now - 61 }, /61 seconds behind/],
    ['row 27: iat: 61 s ahead', { iat: now + 61 }, /61 seconds ahead/],
    ['iat: missing', { iat: undefined }, /no time \(iat\)/],
    ['iat: a string', { iat: String(now) }, /no time \(iat\)/],
    ['jti: missing', { jti: undefined }, /\(jti\)/],
    ['jti: empty', { jti: '' }, /\(jti\)/],
    ['jti: endless', { jti: 'j'.repeat(257) }, /\(jti\)/],
    ['jti: a number', { jti: 1 }, /\(jti\)/],
  ];
  test.each(cases)('%s', async (_rule, claims, message) =>
    expectRefused(await proofWith({ claims }), message),
  );
});

describe('what is no error', () => {
  test.each([-60, -30, 30, 60])('row 27: iat: %i s away', async (seconds) =>
    judge(await proofWith({ claims: { iat: now + seconds } })),
  );
  test('htu: query and fragment are ignored', async () =>
    judge(await proofWith({ claims: { htu: `${url}?a=1#b` } })));
  test('htu: is normalised', async () =>
    judge(await proofWith({ claims: { htu: 'HTTP://127.0.0.1:8080/graphql' } })));
  test('jwk: with a key id', async () =>
    judge(await proofWith({ header: { jwk: { ...key.publicJwk, kid: 'mine' } } })));
});

describe('row 21: one wrong field is enough: header and key', () => {
  test('typ: a plain JWT', async () => expectRefused(await proofWith({ header: { typ: 'JWT' } }), /\(typ\)/));
  test('typ: an access token', async () =>
    expectRefused(await proofWith({ header: { typ: 'at+jwt' } }), /\(typ\)/));
  test('typ: missing', async () => expectRefused(await proofWith({ header: { typ: undefined } }), /\(typ\)/));

  test('alg: none', async () => {
    const header = JSON.stringify({ alg: 'none', typ: 'dpop+jwt', jwk: key.publicJwk });
    expectRefused(assemble(header, '{}', ''), /ES256/);
  });

  test.each(['ES384', 'RS256', 'EdDSA'])('alg: %s', async (alg) => {
    expectRefused(await proofWith({ key: await createKey(alg), header: { alg } }), /ES256/);
  });

  test('jwk: missing', async () => expectRefused(await proofWith({ header: { jwk: undefined } }), /\(jwk\)/));

  test('jwk: with the private key', async () => {
    const jwk = await exportJWK(key.privateKey);
    expectRefused(await proofWith({ header: { jwk } }), /\(jwk\)/);
  });

  test('jwk: a symmetric key', async () => {
    expectRefused(await proofWith({ header: { jwk: { kty: 'oct', k: 'AAAA' } } }), /\(jwk\)/);
  });

  test('jwk: a point that is not on the curve', async () => {
    const jwk = { ...key.publicJwk, y: key.publicJwk.x };
    expectRefused(await proofWith({ header: { jwk } }), /\(jkt\)|signature/);
  });

  test('jwk: coordinates that are not canonical', async () => {
    expectRefused(
      await proofWith({ header: { jwk: { ...key.publicJwk, x: `${key.publicJwk.x}=` } } }),
      /\(jwk\)/,
    );
  });

  test('jwk: of another key than the token is bound to', async () =>
    expectRefused(await proofWith({ key: other }), /\(jkt\)/));

  test('signature: by another key than jwk', async () => {
    expectRefused(await proofWith({ key: other, header: { jwk: key.publicJwk } }), /signature/);
  });

  test('no proof', () => expectRefused(undefined, /send a DPoP proof/));

  test('two proofs in one request', async () => {
    expectRefused(`${await proofWith()}, ${await proofWith()}`, /more than one/);
  });

  test('more than 4 KiB', async () =>
    expectRefused(await proofWith({ claims: { filler: 'x'.repeat(4_096) } }), /well-formed/));
});

describe('row 20: replay', () => {
  test('of five uses at once exactly one is the first', async () => {
    const proof = await proofWith();
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map(async () => judge(proof)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('the same jti in another proof of the same key', async () => {
    judge(await proofWith({ claims: { jti: 'once' } }));
    expectRefused(await proofWith({ claims: { jti: 'once', iat: now + 1 } }), /used before \(jti\)/);
  });

  test('the same jti by another key is another proof', async () => {
    judge(await proofWith({ claims: { jti: 'once' } }));
    judge(await proofWith({ key: other, claims: { jti: 'once' } }), { jkt: other.jkt });
  });

  test('a proof from the future cannot be used again when its time has come', async () => {
    let time = now;
    verifier = new DpopVerifier(new ReplayStore(), () => time * 1_000);
    const proof = await proofWith({ claims: { iat: now + 60 } });
    judge(proof);
    for (const later of [1, 60, 119, 120]) {
      time = now + later;
      expectRefused(proof, /used before/);
    }
    time = now + 122;
    expectRefused(proof, /clock/);
  });

  test('a refused proof does not use its jti up', async () => {
    const proof = await proofWith();
    expectRefused(proof, /htm/, { htm: 'GET' });
    judge(proof);
  });

  test('a store full of fresh proofs refuses rather than forgets, and does not call the proof wrong', async () => {
    verifier = new DpopVerifier(new ReplayStore({ members: 1, strangers: 1 }), () => now * 1_000);
    const first = await proofWith();
    judge(first);
    for (let count = 1; count < 64; count += 1) judge(await proofWith());
    const onceMore = await proofWith();
    expect(() => judge(onceMore)).toThrow(
      expect.objectContaining({
        ...{ code: 'too_many_requests', status: 429 },
        message: 'This session has sent too many requests. Try again in a minute.',
      }),
    );
    expectRefused(first, /used before/);
  });
});
