import { type JWTHeaderParameters, type JWTPayload, jwtVerify } from 'jose';
import type OidcProvider from 'oidc-provider';
import type { ProviderContext } from './configuration.ts';

/** An introspection response: that of a token that counts, or `{"active": false}` without a word why. */
export type Introspection = Readonly<Record<string, unknown>> & { readonly active: boolean };

/** Judges an access token for the client that asks. */
export type IntrospectAccessToken = (token: string, clientId: string) => Promise<Introspection>;

const inactive: Introspection = { active: false };

/**
 * Introspection of access tokens, which are JWTs that oidc-provider keeps no record of. One is active for the instance
 * that is its audience while it is genuine and has not expired, its sign-in has not ended, and the account would get
 * the same workspace and role again.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662#section-2.2 RFC 7662 section 2.2}
 */
export function accessTokenIntrospection(
  provider: OidcProvider,
  issuer: string,
  { keys, resources, admit }: ProviderContext,
): IntrospectAccessToken {
  const keyOf = ({ kid }: JWTHeaderParameters) => {
    const key = kid === undefined ? undefined : keys.signingKeys.find(kid);
    if (!key) throw new TypeError('the token is signed with no key of this cloud');
    return key.publicKey;
  };

  return async (token, clientId) => {
    const audience = resources.resourceOf(clientId);
    const claims = await jwtVerify(token, keyOf, {
      algorithms: ['ES256'],
      typ: 'at+jwt',
      issuer,
      audience,
    }).then(
      ({ payload }) => payload,
      () => undefined,
    );
    if (!claims || !(await isSignedIn(provider, claims))) return inactive;
    const admission = await admit(String(claims.sub), clientId);
    if (!admission || 'refused' in admission) return inactive;
    if (admission.workspace.id !== claims.workspace || admission.role !== claims.role) return inactive;
    const { sub, client_id, scope, iss, aud, exp, iat, jti, cnf } = claims;
    return { active: true, sub, client_id, scope, iss, aud, exp, iat, jti, cnf, token_type: 'DPoP' };
  };
}

/** Whatever ends a sign-in deletes its grant. */
async function isSignedIn(provider: OidcProvider, { grant_id: grantId, sub }: JWTPayload): Promise<boolean> {
  const grant = typeof grantId === 'string' ? await provider.Grant.find(grantId) : undefined;
  return grant !== undefined && grant.accountId === sub;
}
