import { sign } from 'node:crypto';
import type { SigningKeys } from '../provider/signing-keys.ts';

/** Whose access ended: a sign-in, by its grant, or everything that an account has. */
export type Subject =
  | { readonly format: 'opaque'; readonly id: string }
  | { readonly format: 'iss_sub'; readonly iss: string; readonly sub: string };

/**
 * What happened, as CAEP names it below its prefix.
 *
 * @see {@link https://openid.net/specs/openid-caep-1_0-final.html CAEP sections 3.1 and 3.2}
 */
export type EventType = 'session-revoked' | 'token-claims-change';

const eventTypePrefix = 'https://schemas.openid.net/secevent/caep/event-type/';

export interface SecurityEvent {
  readonly jti: string;
  /** The client ID of the instance that it is for. */
  readonly audience: string;
  readonly type: EventType;
  readonly subject: Subject;
  /** Of a `token-claims-change`: what tokens say from now on. */
  readonly claims?: Readonly<Record<string, string>> | undefined;
  /** Seconds since the epoch: tokens that were issued until then are meant. */
  readonly at: number;
}

/**
 * Signs security event tokens with the key that signs access tokens by then. What tells them apart is `typ`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8417#section-2 RFC 8417 section 2}
 */
export class SecurityEventSigner {
  readonly #issuer: string;
  readonly #keys: Pick<SigningKeys, 'current'>;

  constructor(issuer: string, keys: Pick<SigningKeys, 'current'>) {
    this.#issuer = issuer;
    this.#keys = keys;
  }

  sign({ jti, audience, type, subject, claims, at }: SecurityEvent): string {
    const { kid, privateKey } = this.#keys.current;
    const header = { alg: 'ES256', typ: 'secevent+jwt', kid };
    const payload = {
      iss: this.#issuer,
      aud: audience,
      jti,
      iat: at,
      sub_id: subject,
      events: { [`${eventTypePrefix}${type}`]: { event_timestamp: at, claims } },
    };
    const signingInput = [header, payload]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = sign('sha256', Buffer.from(signingInput), {
      key: privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    return `${signingInput}.${signature.toString('base64url')}`;
  }
}
