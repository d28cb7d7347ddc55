import type { IncomingMessage } from 'node:http';

/**
 * Accepts only requests that were meant for the issuer: exactly one `Host`, equal to its host and port, and a request
 * target without a host of its own. A page that rebinds its name to this address keeps its name in `Host`; and
 * oidc-provider derives `verification_uri` and the DPoP `htu` from it.
 */
export function isMeantFor(issuer: string, { rawHeaders, url, method }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter(
    (_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host',
  );
  const isOriginForm = url?.startsWith('/') === true && !url.startsWith('//') && method !== 'CONNECT';
  return isOriginForm && hosts.length === 1 && hosts[0]?.toLowerCase() === new URL(issuer).host;
}

/** Headers by which a proxy would speak for a client; whom a trusted one speaks for was noted before. */
const forwardingHeaders = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-protocol',
  'x-forwarded-ssl',
  'x-forwarded-prefix',
  'x-real-ip',
  'x-url-scheme',
  'front-end-https',
];

/** Removes what the client claims about itself and states the scheme the issuer is published under. */
export function replaceForwardingHeaders(issuer: string, { headers }: IncomingMessage): void {
  for (const name of forwardingHeaders) delete headers[name];
  headers['x-forwarded-proto'] = new URL(issuer).protocol.slice(0, -1);
}
