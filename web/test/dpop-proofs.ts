import type { SentRequest } from './fake-network.ts';

export interface DpopProof {
  header: { typ: string; alg: string; jwk: JsonWebKey };
  claims: { htm: string; htu: string; jti: string; iat: number; ath?: string; nonce?: string };
}

/** Reads the DPoP proof of a request (RFC 9449 section 4.2), whose signature must be by the key that it names. */
export async function proofOf({ headers }: SentRequest): Promise<DpopProof> {
  const [header = '', claims = '', signature = ''] = headers.get('dpop')?.split('.') ?? [];
  const proof = { header: decode(header), claims: decode(claims) } as DpopProof;
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('jwk', proof.header.jwk, algorithm, true, ['verify']);
  const signed = new TextEncoder().encode(`${header}.${claims}`);
  if (!(await crypto.subtle.verify(algorithm, key, Buffer.from(signature, 'base64url'), signed))) {
    throw new Error('The DPoP proof is signed by another key than it names.');
  }
  return proof;
}

/** `ath` of RFC 9449 section 4.2. */
export async function hashOf(accessToken: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(accessToken));
  return Buffer.from(hash).toString('base64url');
}

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
