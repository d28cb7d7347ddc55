import { isConfidential } from '../../auth/secure-context.ts';

/** Why signing in would not be safe or not even possible over the present connection. */
export type ConnectionObstacle = 'page' | 'instance';

/**
 * Whether the page and the instance are reached in a way that keeps tokens private.
 *
 * `page`: the browser offers neither SubtleCrypto nor Web Locks outside secure contexts, so no key can be made.
 * `instance`: the instance's address is plain HTTP across a network, which anybody on the way can read.
 *
 * @see https://w3c.github.io/webappsec-secure-contexts/
 */
export function connectionObstacle(
  baseUrl: string,
  isSecureContext: boolean,
): ConnectionObstacle | undefined {
  if (!isSecureContext) return 'page';
  return isConfidential(new URL(baseUrl)) ? undefined : 'instance';
}
