import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { keyThumbprint } from '../key-thumbprint.ts';

/** What a proof must say. */
export interface ExpectedProof {
  /** The cloud that it is meant for, as `aud`. */
  readonly issuer: string;
  /** As `nonce`. */
  readonly challenge: string;
  /** As `user_code`, the way people read it. */
  readonly userCode: string;
  /** Thumbprint (RFC 7638) of the key that the device code is bound to. */
  readonly thumbprint: string;
}

/** Longer than any proof that a page of ours makes. */
const maximumLength = 2_048;

/**
 * Judges whether the key that began a login has signed for its approval: a JWT of a type of its own, so that neither a
 * DPoP proof passes for it nor it for one. By `node:crypto`, which takes a quarter of the time of Web Crypto.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7515#section-5.2 RFC 7515 section 5.2
 */
export function isApprovalProof(proof: string, expected: ExpectedProof): boolean {
  const { issuer, challenge, userCode, thumbprint } = expected;
  const [header, payload, signature, ...more] = proof.length > maximumLength ? [] : proof.split('.');
  if (!header || !payload || !signature || more.length > 0) return false;
  const { alg, typ, jwk, crit } = jsonObjectIn(header);
  if (alg !== 'ES256' || typ !== 'holdfast-approval+jwt' || crit !== undefined) return false;
  const { aud, nonce, user_code } = jsonObjectIn(payload);
  if (aud !== issuer || nonce !== challenge || user_code !== userCode) return false;
  const key = publicKeyOf(jwk, thumbprint);
  return (
    key !== undefined &&
    verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    )
  );
}

/** Empty for anything else. */
function jsonObjectIn(encoded: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function publicKeyOf(jwk: unknown, thumbprint: string): KeyObject | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined;
  const { kty, crv, x, y } = jwk as Record<string, unknown>;
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string') return undefined;
  // Coordinates can be written in several ways, of which the thumbprint is of one: in another, they are refused.
  if (keyThumbprint({ kty, crv, x, y }) !== thumbprint) return undefined;
  try {
    return createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
  } catch {
    return undefined; // not a point of the curve
  }
}
