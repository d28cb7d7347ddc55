// The instance trusts nobody to judge access tokens for it: it checks each against the keys that its cloud publishes.
// What a valid token allows is decided elsewhere: its workspace must be the one that claimed the instance.

import type { KeyObject } from 'node:crypto';
import { BoundedMap } from '../bounded-map.ts';
import type { Account } from '../requester.ts';
import { describeClockDifference } from './clock-difference.ts';
import { sha256 } from './dpop.ts';
import { AccessError, invalidToken } from './errors.ts';
import { parseCompactJws, verifyJws } from './jws.ts';
import { isRole, type Role } from './roles.ts';

const maxTokenLength = 8_192;
const maxIdLength = 256;

/** Access tokens may live for a day. Whose access ended early has to be remembered for as long (`ended-access-list.ts`). */
export const longestTokenLifeSeconds = 24 * 3_600;

/** Finds the cloud's public signing keys. */
export interface SigningKeys {
  /**
   * @param kid of bounded length
   * @throws AccessError `cloud_unavailable` when the keys could not be fetched
   */
  find(kid: string): Promise<KeyObject | undefined>;
  /**
   * Finds a key that the cloud itself has named. Strangers cannot do that, so it is asked for without a wait.
   *
   * @throws CloudUnreachableError when the keys could not be fetched
   */
  findForCloud(kid: string): Promise<KeyObject | undefined>;
  /** The key as far as it is known now, without asking the cloud. */
  current(kid: string): KeyObject | undefined;
  /** When an unknown key may be asked for again. */
  secondsUntilFetch(): number;
}

/** What the instance relies on of a verified access token. */
export interface AccessTokenClaims {
  /** Account id. */
  readonly sub: string;
  readonly email: string;
  readonly name: string;
  /** Workspace id. */
  readonly workspace: string;
  readonly workspaceName: string;
  /** What the account may do in that workspace. */
  readonly role: Role;
  readonly clientId: string;
  /** Thumbprint of the DPoP key that the token is bound to. */
  readonly jkt: string;
  /** The sign-in that the token comes from, if the cloud names it. */
  readonly grantId: string | undefined;
  /** Seconds since the epoch. */
  readonly iat: number;
  /** Seconds since the epoch. */
  readonly exp: number;
  /** SHA-256 of the token in base64url: what proofs name it by (`ath`). */
  readonly tokenHash: string;
}

export interface TokenExpectation {
  readonly issuer: string;
  /** This instance's resource identifier, the one audience it accepts. */
  readonly resource: string;
  /** The client whose users' tokens are accepted. */
  readonly clientId: string;
}

/** Verifies access tokens (JWT, RFC 9068) for one instance. */
export class TokenVerifier {
  readonly #expected: TokenExpectation;
  readonly #keys: SigningKeys;
  readonly #now: () => number;
  // A session sends the same token for minutes: it is verified once for as long as it lives and its key stays.
  readonly #verified = new BoundedMap<string, VerifiedToken>(1_000);

  /** @param now milliseconds since the epoch */
  constructor(expected: TokenExpectation, keys: SigningKeys, now: () => number) {
    this.#expected = expected;
    this.#keys = keys;
    this.#now = now;
  }

  /**
   * @throws AccessError `invalid_token`, or `cloud_unavailable` when the keys could not be fetched
   * @see {@link https://www.rfc-editor.org/rfc/rfc9068#section-4 RFC 9068 section 4}
   */
  async verify(token: string): Promise<AccessTokenClaims> {
    if (token.length > maxTokenLength) throw malformed();
    const hash = sha256(token);
    const known = this.#recall(hash);
    if (known) return known;

    const jws = parseCompactJws(token, maxTokenLength);
    if (!jws) throw malformed();
    const { typ, kid } = jws.header;
    if (typeof typ !== 'string' || !['at+jwt', 'application/at+jwt'].includes(typ.toLowerCase())) {
      throw invalidToken('The type (typ) of the token is not at+jwt: it is no access token.');
    }
    if (typeof kid !== 'string' || kid.length === 0 || kid.length > maxIdLength) {
      throw invalidToken('The access token names no key (kid).');
    }
    const key = await this.#keys.find(kid);
    if (!key) {
      // It may be a new one, while a stranger's made-up key was asked for a moment ago: then the token is good soon.
      throw new AccessError(
        'invalid_token',
        'The access token is signed with a key that the cloud does not publish (kid).',
        { retryAfterSeconds: this.#keys.secondsUntilFetch() },
      );
    }
    if (!verifyJws(jws, key)) throw invalidToken('The signature of the access token is not valid.');
    const claims = judgeClaims(jws.payload, hash, this.#expected, this.#now() / 1_000);
    this.#verified.set(hash, { claims, kid, key });
    return claims;
  }

  /** Whether this very token was found valid before and still is: to know costs next to nothing. */
  remembers(token: string): boolean {
    return token.length <= maxTokenLength && this.#recall(sha256(token)) !== undefined;
  }

  #recall(hash: string): AccessTokenClaims | undefined {
    const known = this.#verified.get(hash);
    const isCurrent =
      known && known.claims.exp > this.#now() / 1_000 && this.#keys.current(known.kid) === known.key;
    return isCurrent ? known.claims : undefined;
  }
}

interface VerifiedToken {
  readonly claims: AccessTokenClaims;
  readonly kid: string;
  readonly key: KeyObject;
}

function malformed(): AccessError {
  return invalidToken('The access token is not a well-formed ES256 JWT.');
}

/** Judges the claims of a token with a valid signature. @throws AccessError `invalid_token` */
function judgeClaims(
  payload: Readonly<Record<string, unknown>>,
  tokenHash: string,
  expected: TokenExpectation,
  nowSeconds: number,
): AccessTokenClaims {
  const { iss, aud, client_id, sub, workspace, role, exp, iat, nbf, cnf } = payload;
  if (iss !== expected.issuer) throw invalidToken('The access token comes from another cloud (iss).');
  if (aud !== expected.resource) throw invalidToken('The access token is for another instance (aud).');
  if (client_id !== expected.clientId)
    throw invalidToken('The access token was issued to another client (client_id).');
  if (!isId(sub)) throw invalidToken('The access token names no account (sub).');
  if (!isId(workspace)) throw invalidToken('The access token names no workspace (workspace).');
  // A role of a newer cloud may be less than any that is known here.
  if (!isRole(role)) {
    throw invalidToken(
      'The access token names no role that this instance knows (role). Update the instance and its cloud.',
    );
  }

  if (!isInstant(iat)) throw invalidToken('The access token has no time of issue (iat).');
  if (!isInstant(exp)) throw invalidToken('The access token has no expiry (exp).');
  if (nbf !== undefined && !isInstant(nbf))
    throw invalidToken('The start (nbf) of the access token is not a number.');
  const startsAt = Math.max(iat, nbf ?? iat);
  const difference =
    startsAt > nowSeconds
      ? describeClockDifference('The clock of the cloud', startsAt, nowSeconds)
      : undefined;
  if (difference) throw invalidToken(difference);
  if (exp <= nowSeconds) {
    throw invalidToken(
      `The access token expired ${Math.ceil(nowSeconds - exp)} seconds ago by the clock of the instance (exp). Renew it; if it is new, set both clocks by the internet time.`,
    );
  }
  if (exp - iat > longestTokenLifeSeconds) {
    throw invalidToken(
      'The access token lives for more than a day, longer than the instance remembers whose access has ended (exp). Let the cloud issue shorter ones.',
    );
  }
  const jkt = typeof cnf === 'object' && cnf !== null && 'jkt' in cnf ? cnf.jkt : undefined;
  if (!isId(jkt)) throw invalidToken('The access token is not bound to a key (cnf.jkt).');

  return {
    sub,
    email: textOf(payload.email),
    name: textOf(payload.name),
    workspace,
    workspaceName: textOf(payload.workspace_name),
    role,
    clientId: expected.clientId,
    jkt,
    grantId: isId(payload.grant_id) ? payload.grant_id : undefined,
    iat,
    exp,
    tokenHash,
  };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxIdLength;
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The account that a token speaks for. */
export function accountOf({ sub, name, email }: AccessTokenClaims): Account {
  return { id: sub, name, email };
}
