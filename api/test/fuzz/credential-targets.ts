import * as fc from 'fast-check';
import { authenticate } from '../../src/access/authentication.ts';
import { DpopVerifier, sha256 } from '../../src/access/dpop.ts';
import { AccessError } from '../../src/access/errors.ts';
import { ReplayStore } from '../../src/access/replay-store.ts';
import { isRole } from '../../src/access/roles.ts';
import { TokenVerifier } from '../../src/access/token-verification.ts';
import type { Members } from '../credentials.ts';
import { publishedKeys } from '../published-keys.ts';
import { type Fuzzer, type FuzzTarget, fuzzerOf } from './fuzz.ts';
import { jwtMutants } from './jwt-mutants.ts';
import { createFuzzKey, signTexts } from './signing.ts';
import { headerText, mutantsOf } from './text-mutants.ts';

const now = 1_800_000_000;
const issuer = 'https://cloud.test';
const resource = `${issuer}/instances/i1`;
const url = 'http://127.0.0.1:8080/graphql';
const kid = 'k1';

const cloud = createFuzzKey();
const browser = createFuzzKey();
const stranger = createFuzzKey();
const jkt = sha256(
  JSON.stringify({ crv: 'P-256', kty: 'EC', x: browser.publicJwk.x, y: browser.publicJwk.y }),
);
const tokenHeader = { alg: 'ES256', typ: 'at+jwt', kid };
const claims = {
  ...{ iss: issuer, aud: resource, sub: 'account-1', client_id: 'holdfast-web', iat: now, exp: now + 300 },
  ...{ cnf: { jkt }, workspace: 'workspace-1', workspace_name: 'Lab', role: 'owner', email: 'a@b.test' },
};
const accessToken = signTexts(JSON.stringify(tokenHeader), JSON.stringify(claims), cloud);
const proofHeader = { alg: 'ES256', typ: 'dpop+jwt', jwk: browser.publicJwk };
const proofClaims = { htm: 'POST', htu: url, iat: now, jti: 'proof-1', ath: sha256(accessToken) };

const goodProof = signTexts(JSON.stringify(proofHeader), JSON.stringify(proofClaims), browser);

const isId = (value: unknown) => typeof value === 'string' && value.length > 0 && value.length <= 256;
const isOnly = (good: unknown) => (value: unknown) => value === good;
const isAbsent = isOnly(undefined);
const hasStarted = (value: unknown) => typeof value === 'number' && value <= now + 60;

const tokens: FuzzTarget<string> = {
  name: 'access tokens',
  mutants: jwtMutants({
    header: tokenHeader,
    payload: claims,
    key: cloud,
    goodHeader: {
      alg: isOnly('ES256'),
      typ: (value) =>
        typeof value === 'string' && ['at+jwt', 'application/at+jwt'].includes(value.toLowerCase()),
      kid: isOnly(kid),
      crit: isAbsent,
    },
    goodPayload: {
      iss: isOnly(issuer),
      aud: isOnly(resource),
      client_id: isOnly('holdfast-web'),
      sub: isId,
      workspace: isId,
      role: isRole,
      iat: hasStarted,
      nbf: (value) => value === undefined || hasStarted(value),
      exp: (value) => typeof value === 'number' && value > now,
      cnf: (value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value) && isId((value as Members).jkt),
    },
    nearMisses: [
      ...[
        `${issuer}/`,
        issuer.toUpperCase(),
        [resource],
        `${resource}0`,
        resource.slice(0, -1),
        'Holdfast-web',
      ],
      ...['none', 'HS256', 'es256', 'ES384', 'JWT', 'dpop+jwt', 'at+jwt ', 'k2', 'K1', '', 'OWNER', 'root'],
      ...[
        now,
        now - 1,
        now + 61,
        String(now + 300),
        -1,
        0,
        1e300,
        {},
        { jkt: '' },
        { jkt: [jkt] },
        { 'x5t#S256': jkt },
      ],
    ],
  }),
  accepts: async (token) => isAccepted(async () => createTokenVerifier().verify(token)),
};

const proofs: FuzzTarget<string> = {
  name: 'DPoP proofs',
  mutants: jwtMutants({
    header: proofHeader,
    payload: proofClaims,
    key: browser,
    goodHeader: {
      alg: isOnly('ES256'),
      typ: isOnly('dpop+jwt'),
      crit: isAbsent,
      jwk: () => false,
    },
    goodPayload: {
      htm: isOnly('POST'),
      htu: (value) => typeof value === 'string' && value.toLowerCase().startsWith(url),
      iat: (value) => typeof value === 'number' && Math.abs(value - now) <= 60.5,
      jti: isId,
      ath: isOnly(proofClaims.ath),
    },
    nearMisses: [
      ...[
        'post',
        'GET',
        `${url}/`,
        `https${url.slice(4)}`,
        'http://127.0.0.1:8081/graphql',
        'http://u@127.0.0.1:8080/graphql',
      ],
      ...[
        sha256(''),
        proofClaims.ath.toLowerCase(),
        now - 62,
        now + 62,
        String(now),
        'j'.repeat(257),
        '',
        'JWT',
        'none',
      ],
      ...[
        stranger.publicJwk,
        { ...browser.publicJwk, d: stranger.privateKey.export({ format: 'jwk' }).d },
        { ...browser.publicJwk, y: browser.publicJwk.x },
        { ...browser.publicJwk, x: `${String(browser.publicJwk.x)}=` },
        { ...browser.publicJwk, kty: 'oct', k: 'AA' },
        { ...browser.publicJwk, crv: 'P-384' },
        { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
      ],
    ],
  }),
  accepts: async (proof) =>
    isAccepted(() =>
      createProofVerifier().verify(proof, {
        ...{ htm: 'POST', htu: url, ath: proofClaims.ath, jkt },
        holder: { account: 'account-1', isMember: true },
      }),
    ),
};

const authorizations: FuzzTarget<string> = {
  name: 'Authorization headers',
  mutants: fc
    .oneof(
      mutantsOf(`DPoP ${accessToken}`),
      headerText.map((scheme) => `${scheme} ${accessToken}`),
      headerText.map((token) => `DPoP ${token}`),
      headerText.map((more) => `DPoP ${accessToken}, ${more}`),
      fc.string({ unit: 'binary', maxLength: 200 }),
    )
    .filter((header) => !isGoodAuthorization(header)),
  accepts: async (authorization) =>
    isAccepted(async () =>
      authenticate(
        { method: 'POST', url, authorization, dpop: goodProof },
        {
          tokens: createTokenVerifier,
          proofs: createProofVerifier(),
          isForgotten: () => false,
          hasEnded: () => false,
          ownerWorkspace: () => 'workspace-1',
        },
      ),
    ),
};

export const credentialFuzzers: readonly Fuzzer[] = [
  fuzzerOf(tokens),
  fuzzerOf(proofs),
  fuzzerOf(authorizations),
];

/** Whether what is not mutated is accepted: otherwise all mutants would be refused for another reason. */
export async function acceptsGenuine(): Promise<boolean> {
  return (
    (await tokens.accepts(accessToken)) &&
    (await proofs.accepts(goodProof)) &&
    (await authorizations.accepts(`DPoP ${accessToken}`))
  );
}

/** The scheme has no case, and any number of spaces may follow it. */
function isGoodAuthorization(header: string): boolean {
  return header.endsWith(accessToken) && /^dpop +$/i.test(header.slice(0, -accessToken.length));
}

function createTokenVerifier(): TokenVerifier {
  const keys = publishedKeys((asked) => (asked === kid ? cloud.publicKey : undefined));
  return new TokenVerifier({ issuer, resource, clientId: 'holdfast-web' }, keys, () => now * 1_000);
}

function createProofVerifier(): DpopVerifier {
  return new DpopVerifier(new ReplayStore(), () => now * 1_000);
}

/** @throws what is no refusal */
async function isAccepted(judge: () => unknown): Promise<boolean> {
  try {
    await judge();
    return true;
  } catch (error) {
    if (error instanceof AccessError && error.status < 500) return false;
    throw error;
  }
}
