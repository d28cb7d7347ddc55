/** Whether `hostname` (as in `URL.hostname`, IPv6 in brackets or bare) names this machine's loopback interface. */
export function isLoopbackName(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname === '::1' ||
    hostname === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}

/**
 * Whether a URL may be spoken to: `https:`, or `http:` on a loopback name, where nobody is on the wire.
 */
export function isTrustworthyUrl(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackName(url.hostname));
}
