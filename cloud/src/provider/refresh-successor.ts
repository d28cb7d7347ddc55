import { createHmac } from 'node:crypto';
import type OidcProvider from 'oidc-provider';
import { Provider } from 'oidc-provider/lib/provider.js';
import { deriveKey } from '../derived-key.ts';

/**
 * Makes the successor of a rotated refresh token a function of the token. Only hashes are stored, so a renewal whose
 * answer was lost could not be answered with the same token otherwise, and two lines of tokens would live.
 *
 * @param secret 32 random bytes that stay with the cloud
 */
export function deriveRefreshSuccessors(provider: OidcProvider, secret: Uint8Array): void {
  const key = deriveKey(secret, 'holdfast refresh token successor');
  const prototype = provider.RefreshToken.prototype as unknown as {
    generateTokenId: (this: unknown) => string;
  };
  const { generateTokenId } = prototype;
  prototype.generateTokenId = function successorOrRandom(): string {
    const rotated = Provider.ctx?.oidc.entities.RotatedRefreshToken;
    if (rotated === undefined) return generateTokenId.call(this);
    return createHmac('sha256', key).update(rotated.jti).digest('base64url');
  };
}
