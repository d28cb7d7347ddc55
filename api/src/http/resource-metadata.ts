import type { Failure } from './failure.ts';

export interface ProtectedResource {
  /** The audience of tokens for this instance. */
  readonly resource: string;
  readonly issuer: string;
}

/**
 * What a client that knows the instance's address alone needs to get a token for it. Not its name, which is not public.
 *
 * `resource` is not the address from which this is fetched, as section 3.3 wants it: an instance has many addresses or
 * none that is known, and one identity at its cloud. What keeps tokens from the wrong server is that they are bound to a
 * key, and proofs to an address.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-2 RFC 9728 section 2}
 */
export function resourceMetadata({ resource, issuer }: ProtectedResource): Record<string, unknown> {
  return {
    resource,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['ES256'],
    dpop_bound_access_tokens_required: true,
    resource_name: 'Holdfast instance',
  };
}

export const unregistered: Failure = {
  status: 503,
  code: 'unregistered',
  message: 'The instance is not registered at its cloud yet. Try again in a moment.',
  headers: { 'Retry-After': '5' },
};
