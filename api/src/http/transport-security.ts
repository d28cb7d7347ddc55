import { isIP } from 'node:net';
import { isLoopbackName } from '../loopback.ts';

const oneYear = 'max-age=31536000';

/**
 * The value of `Strict-Transport-Security` for answers at `origin`; undefined where it would be wrong. Browsers apply it to
 * a name with all its ports: so it is for others to say on a machine where the instance has a port of its own, and on
 * loopback, where plain HTTP is safe.
 *
 * @param origin of the instance, as the client addressed it
 * @see {@link https://www.rfc-editor.org/rfc/rfc6797#section-7.2 RFC 6797 section 7.2}
 */
export function transportSecurityFor(origin: string): string | undefined {
  const [, name] = /^https:\/\/([^:[]+)$/.exec(origin) ?? [];
  return name === undefined || isLoopbackName(name) || isIP(name) !== 0 ? undefined : oneYear;
}
