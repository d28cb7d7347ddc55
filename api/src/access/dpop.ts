// Whoever holds a copied access token must not get in: each request carries a proof, signed by the key that the token
// is bound to, for this method, this address, this token and this moment, once.

import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { BoundedMap } from '../bounded-map.ts';
import { clockToleranceSeconds, describeClockDifference } from './clock-difference.ts';
import type { NonceDemand } from './dpop-nonce.ts';
import { AccessError, invalidProof, tooManyProofs } from './errors.ts';
import { decodeBase64url, parseCompactJws, verifyJws } from './jws.ts';
import type { ProofHolder, ReplayStore } from './replay-store.ts';

const maxProofLength = 4_096;
const maxJtiLength = 256;
/** A UUID and some more: longer ones are remembered by their hash. */
const maxStoredJtiLength = 48;
const maxHtuLength = 2_048;
/** Bytes of a P-256 coordinate (RFC 7518 section 6.2.1.2). */
const coordinateBytes = 32;
/** The public members of an EC key, and the descriptive ones that carry no secret. */
const publicMembers = new Set(['kty', 'crv', 'x', 'y', 'alg', 'use', 'kid', 'key_ops', 'ext']);

export interface ProofExpectation {
  /** The HTTP method of the request. */
  readonly htm: string;
  /** The address of the request without query and fragment. */
  readonly htu: string;
  /** SHA-256 of the access token in base64url. */
  readonly ath: string;
  /** SHA-256 thumbprint of the key that the access token is bound to (`cnf.jkt`). */
  readonly jkt: string;
  readonly holder: ProofHolder;
}

/** Judges DPoP proofs by RFC 9449 section 4.3, all of its twelve points. */
export class DpopVerifier {
  readonly #replayStore: ReplayStore;
  readonly #now: () => number;
  readonly #nonceDemand: NonceDemand | undefined;
  // Importing a key costs about as much as a verification; browsers use one key for the whole session.
  readonly #keys = new BoundedMap<string, ProofKey>(1_000);

  /**
   * @param now milliseconds since the epoch
   */
  constructor(replayStore: ReplayStore, now: () => number, nonceDemand?: NonceDemand) {
    this.#replayStore = replayStore;
    this.#now = now;
    this.#nonceDemand = nonceDemand;
  }

  /** What the next proof has to contain; undefined where no nonce can be demanded of it. */
  get nonce(): string | undefined {
    const oldest = this.#now() / 1_000 - clockToleranceSeconds - 1;
    return this.#demandOn(oldest)?.nonces.current;
  }

  /**
   * @param proof the value of the request's `DPoP` header, if it has one
   * @throws AccessError `invalid_dpop_proof`; `use_dpop_nonce` when nothing but a fresh nonce is missing;
   *   `too_many_requests` when nothing is wrong with it
   * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-4.3 RFC 9449 section 4.3}
   */
  verify(proof: string | undefined, expected: ProofExpectation): void {
    if (proof === undefined)
      throw invalidProof('The access token is bound to a key: send a DPoP proof along.');
    // "There is not more than one DPoP HTTP request header field": several arrive joined by commas.
    if (proof.includes(',')) throw invalidProof('There is more than one DPoP header.');
    const jws = parseCompactJws(proof, maxProofLength);
    if (!jws) throw invalidProof('The DPoP proof is not a well-formed ES256 JWT.');
    if (jws.header.typ !== 'dpop+jwt')
      throw invalidProof('The type (typ) of the DPoP proof is not dpop+jwt.');

    const jwk = parsePublicJwk(jws.header.jwk);
    if (!jwk) throw invalidProof('The DPoP proof carries no public P-256 key (jwk).');
    const { htm, htu, iat, jti, ath, nonce } = jws.payload;
    if (htm !== expected.htm) throw invalidProof('The DPoP proof is for another method (htm).');
    // Clients nearly always write it as it is expected, and then there is nothing to take apart.
    const isForHere =
      htu === expected.htu || (typeof htu === 'string' && withoutQueryAndFragment(htu) === expected.htu);
    if (!isForHere) {
      throw invalidProof(`The DPoP proof is for another address (htu), not for ${expected.htu}.`);
    }
    if (typeof iat !== 'number' || !Number.isFinite(iat))
      throw invalidProof('The DPoP proof has no time (iat).');
    const nowMilliseconds = this.#now();
    const difference = describeClockDifference('The clock of this device', iat, nowMilliseconds / 1_000);
    if (difference) throw invalidProof(difference);
    if (typeof jti !== 'string' || jti.length === 0 || jti.length > maxJtiLength) {
      throw invalidProof(
        `The identifier (jti) of the DPoP proof is not a string of 1 to ${maxJtiLength} characters.`,
      );
    }
    if (ath !== expected.ath) throw invalidProof('The DPoP proof is for another access token (ath).');
    const known = this.#keys.get(idOf(jwk));
    if ((known?.jkt ?? thumbprint(jwk)) !== expected.jkt) {
      throw invalidProof(
        'The DPoP proof is signed with another key than the access token is bound to (jkt).',
      );
    }
    const key = known?.key ?? this.#import(jwk, expected.jkt);
    if (!key || !verifyJws(jws, key)) throw invalidProof('The signature of the DPoP proof is not valid.');

    // Of holders of the key only: everybody else hears what else is wrong, and is counted.
    const demand = this.#demandOn(iat);
    if (demand && !demand.nonces.accepts(nonce)) {
      throw new AccessError(
        'use_dpop_nonce',
        'The DPoP proof lacks the nonce of this instance, or has an old one. Use the one in the DPoP-Nonce header.',
      );
    }

    // Last, so that only holders of a valid token and its key can put anything into the store.
    const expiresAt = (iat + clockToleranceSeconds + 1) * 1_000;
    const { holder, jkt } = expected;
    const boundedJti = jti.length <= maxStoredJtiLength ? jti : sha256(jti);
    switch (this.#replayStore.use({ holder, jkt, jti: boundedJti }, expiresAt, nowMilliseconds)) {
      case 'first-use':
        return;
      case 'replayed':
        throw invalidProof('This DPoP proof was used before (jti). Make a new one for each request.');
      case 'too-many':
        throw tooManyProofs();
    }
  }

  #demandOn(iat: number): NonceDemand | undefined {
    const demand = this.#nonceDemand;
    return demand && iat <= demand.madeUntil ? demand : undefined;
  }

  #import(jwk: PublicJwk, jkt: string): KeyObject | undefined {
    try {
      const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
      this.#keys.set(idOf(jwk), { key, jkt });
      return key;
    } catch {
      return undefined; // not a point of the curve
    }
  }
}

interface ProofKey {
  readonly key: KeyObject;
  readonly jkt: string;
}

function idOf({ x, y }: PublicJwk): string {
  return `${x}.${y}`;
}

interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
}

function parsePublicJwk(value: unknown): PublicJwk | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const jwk = value as Record<string, unknown>;
  // "The jwk JOSE Header Parameter does not contain a private key": nor anything else unknown.
  if (Object.keys(jwk).some((member) => !publicMembers.has(member))) return undefined;
  const { kty, crv, x, y } = jwk;
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string') return undefined;
  if (decodeBase64url(x)?.length !== coordinateBytes || decodeBase64url(y)?.length !== coordinateBytes)
    return undefined;
  return { kty, crv, x, y };
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc7638#section-3 RFC 7638 section 3} */
function thumbprint({ kty, crv, x, y }: PublicJwk): string {
  return sha256(JSON.stringify({ crv, kty, x, y }));
}

/** "ignoring any query and fragment parts", after normalisation (RFC 3986 section 6.2); undefined if not http(s). */
function withoutQueryAndFragment(htu: string): string | undefined {
  const url = htu.length <= maxHtuLength ? URL.parse(htu) : null;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.username || url.password)
    return undefined;
  return `${url.origin}${url.pathname}`;
}

/** SHA-256 in base64url, of an ASCII token as of any string. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url');
}
