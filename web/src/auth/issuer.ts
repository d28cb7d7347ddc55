import * as oauth from 'oauth4webapi';
import { AuthError } from './errors.ts';
import { isConfidential } from './secure-context.ts';

/**
 * Reads an issuer identifier: an https URL without query and fragment (RFC 8414 section 2); http is let through on
 * loopback names only, where nothing crosses a network.
 *
 * @throws {AuthError} `untrusted-issuer`
 */
export function parseIssuer(issuerIdentifier: string): URL {
  const issuer = URL.parse(issuerIdentifier);
  if (
    issuer &&
    isConfidential(issuer) &&
    !issuer.search &&
    !issuer.hash &&
    !issuer.username &&
    !issuer.password
  )
    return issuer;
  throw new AuthError(
    'untrusted-issuer',
    `The instance names ${JSON.stringify(issuerIdentifier)} as its cloud. A sign-in is safe only over https, or over http on the same machine. Start the instance with a --cloud address that begins with https://.`,
  );
}

/** Lets oauth4webapi speak http, which it refuses by default, to a cloud whose issuer passed `parseIssuer`. */
export function transportOptions(issuer: URL): { [oauth.allowInsecureRequests]?: true } {
  return issuer.protocol === 'http:' ? { [oauth.allowInsecureRequests]: true } : {};
}
