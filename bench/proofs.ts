import { createHash, KeyObject, randomUUID, sign } from 'node:crypto';
import { DpopVerifier, type ProofExpectation } from '../api/src/access/dpop.ts';
import { ReplayStore } from '../api/src/access/replay-store.ts';
import type { Tokens } from '../e2e/scripted-client.ts';

export interface ProofHeaders extends Record<string, string> {
  readonly authorization: string;
  readonly dpop: string;
}

/** Signs claims as a JWT of a type, with the public key in its header. */
export type SignJwt = (type: string, claims: Readonly<Record<string, unknown>>) => string;

/** Of `node:crypto`, which signs faster than a JWT library: the client must not be what a rate is limited by. */
export async function jwtSigner({ privateKey, publicKey }: CryptoKeyPair): Promise<SignJwt> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const key = KeyObject.from(privateKey);
  return (typ, claims) => {
    const input = `${encode({ typ, alg: 'ES256', jwk: { kty, crv, x, y } })}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    return `${input}.${signature.toString('base64url')}`;
  };
}

/**
 * A fresh DPoP proof for a POST to `url`.
 *
 * @param ath hash of the access token that comes with it, if one does
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.2 RFC 9449 section 4.2
 */
export function dpopProof(signJwt: SignJwt, url: string, ath?: string): string {
  const iat = Math.floor(Date.now() / 1_000);
  return signJwt('dpop+jwt', { jti: randomUUID(), htm: 'POST', htu: url, iat, ...(ath && { ath }) });
}

/**
 * Headers of `count` requests with the token and a fresh proof each, signed beforehand so that the client's work does
 * not compete with the server's.
 */
export async function proofHeaders(
  url: string,
  { accessToken, keyPair }: Tokens,
  count: number,
): Promise<ProofHeaders[]> {
  const signJwt = await jwtSigner(keyPair);
  return Array.from({ length: count }, () => proofHeadersOf(signJwt, url, accessToken));
}

/** Headers of one request with the token and a fresh proof. */
export function proofHeadersOf(signJwt: SignJwt, url: string, accessToken: string): ProofHeaders {
  return {
    authorization: `DPoP ${accessToken}`,
    dpop: dpopProof(signJwt, url, hashOf(accessToken)),
  };
}

/** Judges proofs as the instance does, and nothing else. */
export class ProofJudge {
  readonly #verifier = new DpopVerifier(new ReplayStore(), Date.now);
  readonly #expected: ProofExpectation;

  private constructor(expected: ProofExpectation) {
    this.#expected = expected;
  }

  static async of({ accessToken, dpop }: Tokens, url: string): Promise<ProofJudge> {
    const jkt = await dpop.calculateThumbprint();
    const holder = { account: 'account', isMember: true };
    return new ProofJudge({ htm: 'POST', htu: url, ath: hashOf(accessToken), jkt, holder });
  }

  /** @returns microseconds of this process's processor time */
  processorTimePerProof(headers: readonly ProofHeaders[]): number {
    const before = process.cpuUsage();
    for (const { dpop } of headers) this.#verifier.verify(dpop, this.#expected);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / headers.length;
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
