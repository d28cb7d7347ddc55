import { AuthError } from './errors.ts';

/**
 * Makes sure that the browser hands out what a sign-in is protected with: SubtleCrypto for the DPoP key and Web Locks
 * for refreshes. Both exist only in secure contexts.
 *
 * @throws {AuthError} `insecure-context`
 * @see {@link https://www.w3.org/TR/secure-contexts/ Secure Contexts}
 */
export function assertSecureContext(): void {
  if (globalThis.crypto?.subtle !== undefined && navigator.locks !== undefined) return;
  throw new AuthError(
    'insecure-context',
    `This page was opened at ${location.origin}, which the browser does not treat as secure, so it withholds the cryptography that protects a sign-in. Open the instance by https, or on its own machine by http://localhost or http://127.0.0.1.`,
  );
}

/** Whether what is sent to this URL is readable on no network: https, or http that stays on this machine. */
export function isConfidential(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
}

/** `localhost`, 127.0.0.0/8 and `[::1]`, as `URL.hostname` spells them. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
