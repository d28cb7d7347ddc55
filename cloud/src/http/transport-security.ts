import { isIP } from 'node:net';
import { isLoopbackHostname } from './loopback.ts';

const oneYear = 'max-age=31536000';

/**
 * The value of `Strict-Transport-Security` for a cloud's answers; undefined where it would be wrong. Browsers apply it to a
 * name with all its ports: so it is for others to say on a machine where the cloud has a port of its own, and on loopback,
 * where plain HTTP is safe.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6797#section-7.2 RFC 6797 section 7.2
 */
export function transportSecurityFor(issuer: string): string | undefined {
  const [, name] = /^https:\/\/([^:[]+)$/.exec(issuer) ?? [];
  return name === undefined || isLoopbackHostname(name) || isIP(name) !== 0 ? undefined : oneYear;
}
