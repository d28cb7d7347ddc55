import { createHash, KeyObject, randomUUID, sign } from 'node:crypto';
import { DpopVerifier, type ProofExpectation } from '../api/src/access/dpop.ts';
import { ReplayStore } from '../api/src/access/replay-store.ts';
import type { Tokens } from '../e2e/scripted-client.ts';

export interface ProofHeaders extends Record<string, string> {
  readonly authorization: string;
  readonly dpop: string;
}

/**
 * Headers of `count` requests with the token and a fresh proof each, signed beforehand so that the client's work does
 * not compete with the server's.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.2 RFC 9449 section 4.2
 */
export async function proofHeaders(
  url: string,
  { accessToken, keyPair }: Tokens,
  count: number,
): Promise<ProofHeaders[]> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', keyPair.publicKey);
  const header = encode({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } });
  const key = KeyObject.from(keyPair.privateKey);
  const ath = hashOf(accessToken);
  const iat = Math.floor(Date.now() / 1_000);
  return Array.from({ length: count }, () => {
    const input = `${header}.${encode({ jti: randomUUID(), htm: 'POST', htu: url, iat, ath })}`;
    const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    return { authorization: `DPoP ${accessToken}`, dpop: `${input}.${signature.toString('base64url')}` };
  });
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
    return new ProofJudge({ htm: 'POST', htu: url, ath: hashOf(accessToken), jkt });
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
