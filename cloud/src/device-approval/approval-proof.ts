import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';

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

/**
 * Judges whether the key that began a login has signed for its approval: a JWT of a type of its own, so that neither a
 * DPoP proof passes for it nor it for one.
 */
export async function isApprovalProof(
  proof: string,
  { issuer, challenge, userCode, thumbprint }: ExpectedProof,
): Promise<boolean> {
  try {
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
      algorithms: ['ES256'],
      typ: 'holdfast-approval+jwt',
      audience: issuer,
    });
    return (
      payload.nonce === challenge &&
      payload.user_code === userCode &&
      protectedHeader.jwk !== undefined &&
      (await calculateJwkThumbprint(protectedHeader.jwk)) === thumbprint
    );
  } catch {
    return false;
  }
}
