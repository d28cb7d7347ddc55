import type { DpopVerifier } from './dpop.ts';
import { AccessError, invalidToken } from './errors.ts';
import { type AccessTokenClaims, accountOf, type TokenVerifier } from './token-verification.ts';

/** Who a request comes from. */
export type Access =
  | { readonly kind: 'anonymous' }
  /** A person with a valid token for this instance; `isMember` if theirs is the workspace that claimed it. */
  | { readonly kind: 'authenticated'; readonly claims: AccessTokenClaims; readonly isMember: boolean };

export interface AuthenticationInput {
  readonly method: string;
  /** Address of the request without query and fragment. */
  readonly url: string;
  /** The value of the header; several headers joined by commas. */
  readonly authorization: string | undefined;
  readonly dpop: string | undefined;
}

export interface AuthenticationOptions {
  /** Undefined while the instance is not registered: no token can be meant for it. */
  readonly tokens: () => TokenVerifier | undefined;
  readonly proofs: DpopVerifier;
  /** The id of the workspace that claimed this instance. */
  readonly ownerWorkspace: () => string | undefined;
  /** Whether the cloud has refused the instance, as it does once it has removed it. */
  readonly isForgotten: () => boolean;
  /** Whether the access that a token gives ended before the token does. */
  readonly hasEnded: (claims: AccessTokenClaims) => boolean;
}

/**
 * Judges the credentials of a request.
 *
 * @throws AccessError
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-7.1 RFC 9449 section 7.1}
 */
export async function authenticate(
  input: AuthenticationInput,
  options: AuthenticationOptions,
): Promise<Access> {
  const { authorization } = input;
  if (authorization === undefined) return { kind: 'anonymous' };
  const [scheme, token] = partsOf(authorization);
  if (scheme === undefined || token === undefined)
    throw invalidToken('The Authorization header is malformed.');
  if (scheme.toLowerCase() !== 'dpop') {
    throw invalidToken('Access tokens of this instance are bound to a key: send them with the DPoP scheme.');
  }
  const tokens = options.tokens();
  if (!tokens)
    throw invalidToken('This instance is not registered at its cloud yet, so no token is valid here.');

  const claims = await tokens.verify(token);
  if (options.isForgotten()) {
    throw invalidToken(
      'The cloud does not know this instance any more, so nobody is let in. Ask the operator of the cloud, or whoever runs the instance.',
    ).of(accountOf(claims));
  }
  if (options.hasEnded(claims))
    throw invalidToken(
      'This sign-in was ended at the cloud or by a sign-out here, or its role was changed. Renew the access token, or sign in again.',
    ).of(accountOf(claims));
  // Before the proof, which is remembered: strangers must not fill the memory of proofs.
  const owner = options.ownerWorkspace();
  if (owner !== undefined && owner !== claims.workspace) {
    throw new AccessError(
      'access_denied',
      'This instance belongs to someone else. Sign in with an account of its workspace.',
    ).of(accountOf(claims));
  }
  const isMember = owner !== undefined;
  try {
    options.proofs.verify(input.dpop, {
      htm: input.method,
      htu: input.url,
      ath: claims.tokenHash,
      jkt: claims.jkt,
      holder: { account: claims.sub, isMember },
    });
  } catch (error) {
    // A token without its key may be a stolen one: whose, the audit log should say.
    throw error instanceof AccessError ? error.of(accountOf(claims)) : error;
  }
  return { kind: 'authenticated', claims, isMember };
}

/** The access token of a request that `authenticate` let in. */
export function tokenIn(authorization: string | undefined): string {
  const [, token] = partsOf(authorization ?? '');
  if (token === undefined) throw new TypeError('the request carries no token');
  return token;
}

/** Whether a request carries a token that was found valid before: judging it again costs next to nothing. */
export function carriesKnownToken(authorization: string, { tokens }: AuthenticationOptions): boolean {
  const [, token] = partsOf(authorization);
  return token !== undefined && tokens()?.remembers(token) === true;
}

/** Scheme and token. One credential: several Authorization headers arrive joined by commas, which no token contains. */
function partsOf(authorization: string): [scheme?: string, token?: string] {
  const [, scheme, token] = /^(\S+) +([A-Za-z0-9._~+/=-]+)$/.exec(authorization) ?? [];
  return [scheme, token];
}

/** Whether whoever was let in as a member may still stay; how long the token lives is another matter. */
export function mayStay(
  claims: AccessTokenClaims,
  { ownerWorkspace, isForgotten, hasEnded }: AuthenticationOptions,
): boolean {
  return ownerWorkspace() === claims.workspace && !isForgotten() && !hasEnded(claims);
}
