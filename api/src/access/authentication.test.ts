import { createPublicKey } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { createKey, signAccessToken, signProof, type TestKey } from '../../test/credentials.ts';
import { publishedKeys } from '../../test/published-keys.ts';
import { type AuthenticationInput, type AuthenticationOptions, authenticate } from './authentication.ts';
import { DpopVerifier } from './dpop.ts';
import { ReplayStore } from './replay-store.ts';
import { type AccessTokenClaims, TokenVerifier } from './token-verification.ts';

const issuer = 'https://cloud.test';
const resource = `${issuer}/instances/i1`;
const url = 'http://127.0.0.1:8080/graphql';
const now = 1_800_000_000;

let browser: TestKey;
let options: AuthenticationOptions;
let accessToken: string;

beforeAll(async () => {
  const cloud = await createKey();
  browser = await createKey();
  accessToken = await signAccessToken({
    issuer,
    resource,
    jkt: browser.jkt,
    kid: 'k1',
    key: cloud.privateKey,
    now,
  });
  const key = createPublicKey({ key: cloud.publicJwk, format: 'jwk' });
  const verifier = new TokenVerifier(
    { issuer, resource, clientId: 'holdfast-web' },
    publishedKeys(() => key),
    () => now * 1_000,
  );
  options = {
    tokens: () => verifier,
    proofs: new DpopVerifier(new ReplayStore(), () => now * 1_000),
    isForgotten: () => false,
    hasEnded: () => false,
    ownerWorkspace: () => 'workspace-1',
  };
});

async function inputWith(authorization: string): Promise<AuthenticationInput> {
  return {
    method: 'POST',
    url,
    authorization,
    dpop: await signProof({ key: browser, accessToken, url, now }),
  };
}

test('no credentials: anonymous', async () => {
  await expect(
    authenticate({ method: 'POST', url, authorization: undefined, dpop: undefined }, options),
  ).resolves.toEqual({
    kind: 'anonymous',
  });
});

test('a token of the owning workspace: a member', async () => {
  const input = await inputWith(`DPoP ${accessToken}`);
  await expect(authenticate(input, options)).resolves.toMatchObject({
    isMember: true,
  });
});

test('the scheme has no case (RFC 9110 section 11.1)', async () => {
  const input = await inputWith(`dpop ${accessToken}`);
  await expect(authenticate(input, options)).resolves.toMatchObject({
    isMember: true,
  });
});

test('a token while nobody owns the instance: authenticated, no member', async () => {
  const input = await inputWith(`DPoP ${accessToken}`);
  const unclaimed = { ...options, ownerWorkspace: () => undefined };
  await expect(authenticate(input, unclaimed)).resolves.toMatchObject({
    kind: 'authenticated',
    isMember: false,
  });
});

test('row 50: a validly signed token of another workspace is refused with 403', async () => {
  const input = await inputWith(`DPoP ${accessToken}`);
  const foreign = { ...options, ownerWorkspace: () => 'workspace-2' };
  await expect(authenticate(input, foreign)).rejects.toMatchObject({
    code: 'access_denied',
    status: 403,
    message: expect.stringContaining('This instance belongs to someone else.'),
  });
});

test('row 28: a valid token of a sign-in that has ended is refused, and the log hears whose it is', async () => {
  const input = await inputWith(`DPoP ${accessToken}`);
  const seen: unknown[] = [];
  const hasEnded = (claims: AccessTokenClaims) => {
    seen.push(claims.grantId, claims.iat);
    return true;
  };
  await expect(authenticate(input, { ...options, hasEnded })).rejects.toMatchObject({
    code: 'invalid_token',
    status: 401,
    message: expect.stringContaining('ended at the cloud'),
    account: { id: 'account-1' },
  });
  expect(seen).toEqual(['grant-1', now]);
});

describe('row 21: refused', () => {
  test.each([
    ['a bound token as Bearer', () => `Bearer ${accessToken}`, /DPoP scheme/],
    ['Basic', () => 'Basic YTpi', /DPoP scheme/],
    ['a scheme alone', () => 'DPoP', /malformed/],
    ['two credentials', () => `DPoP ${accessToken}, DPoP ${accessToken}`, /malformed/],
    ['an empty header', () => '', /malformed/],
  ])('%s', async (_what, authorization, message) => {
    const input = await inputWith(authorization());
    await expect(authenticate(input, options)).rejects.toMatchObject({
      code: 'invalid_token',
      message: expect.stringMatching(message),
    });
  });

  test('a token without a proof', async () => {
    const input = { method: 'POST', url, authorization: `DPoP ${accessToken}`, dpop: undefined };
    await expect(authenticate(input, options)).rejects.toMatchObject({
      code: 'invalid_dpop_proof',
    });
  });

  test('any token before the instance is registered', async () => {
    const input = await inputWith(`DPoP ${accessToken}`);
    await expect(authenticate(input, { ...options, tokens: () => undefined })).rejects.toMatchObject({
      code: 'invalid_token',
      message: expect.stringContaining('not registered'),
    });
  });
});
