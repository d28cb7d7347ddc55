import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { HttpError } from '../errors.ts';

/** Reads the session cookie as better-auth writes it: the token and its HMAC-SHA256, in base64 and percent-encoded. */
export class SessionCookie {
  readonly #name: string;
  readonly #key: KeyObject;

  /** @param secret that better-auth signs cookies with */
  constructor(name: string, secret: string) {
    this.#name = name;
    this.#key = createSecretKey(secret, 'utf8');
  }

  /**
   * The session token that this cloud has signed, if there is one.
   *
   * A request with two session cookies is refused. Any page on the same host name, whatever its port, can plant one with
   * a longer path, which browsers send first. One of a stranger's would be nobody's here, for want of its page key; but
   * one of an earlier session of this browser, as another account, need not be.
   *
   * @throws {HttpError} 409 `ambiguous_session`
   */
  tokenIn(headers: Headers): string | undefined {
    const cookies = (headers.get('cookie') ?? '').split(';').map((cookie) => cookie.split('='));
    const [first, second] = cookies.filter(([name]) => name?.trim() === this.#name);
    if (second) {
      throw new HttpError(
        409,
        'ambiguous_session',
        'Another page on this host name has set a second sign-in cookie for this cloud. Delete the cookies of this host name, then sign in again.',
      );
    }
    return first && this.#verified(first.slice(1).join('=').trim());
  }

  #verified(cookie: string): string | undefined {
    const [, token, signature] = /^([\w-]+)\.([\w+/]{43}=)$/.exec(decoded(cookie)) ?? [];
    if (token === undefined || signature === undefined) return undefined;
    const expected = createHmac('sha256', this.#key).update(token).digest();
    const given = Buffer.from(signature, 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected) ? token : undefined;
  }
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}
