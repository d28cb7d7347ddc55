import type { TokenLifetimes } from '../lifetimes.ts';
import { instanceScope } from './resource-server.ts';

/** Members of oidc-provider's discovery document that say something about this server. */
const supportedMembers = [
  'issuer',
  'token_endpoint',
  'device_authorization_endpoint',
  'registration_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'jwks_uri',
  'response_types_supported',
  'grant_types_supported',
  'token_endpoint_auth_methods_supported',
  'dpop_signing_alg_values_supported',
] as const;

/**
 * Authorization server metadata (RFC 8414 section 2): oidc-provider's without OpenID Connect, which is not offered, plus
 * how long credentials live, in seconds, and where instances poll for security events (RFC 8936).
 */
export function authorizationServerMetadata(
  discovered: Readonly<Record<string, unknown>>,
  lifetimes: TokenLifetimes,
): Record<string, unknown> {
  return {
    ...Object.fromEntries(supportedMembers.map((member) => [member, discovered[member]])),
    scopes_supported: [instanceScope],
    // A user code is the name of a device code, so it ends with it.
    holdfast_token_lifetimes: { ...lifetimes, user_code: lifetimes.device_code },
    holdfast_security_events_endpoint: `${String(discovered.issuer)}/api/instance/events`,
  };
}
