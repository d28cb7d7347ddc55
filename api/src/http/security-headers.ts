import type { ServerResponse } from 'node:http';

const contentSecurityPolicy = {
  'default-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'font-src': "'self' data:",
  'img-src': "'self' data:",
  // The launcher talks to the cloud and to the instances that a person adds.
  'connect-src': "'self' http: https:",
  'worker-src': "'self' blob:",
  'object-src': "'none'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
  'form-action': "'self'",
};

/** What pages of a Vite development server need on top: its inline preamble, its modules, its socket for hot reload. */
function developmentRelaxations(
  server: string,
): Partial<typeof contentSecurityPolicy> & { 'script-src': string } {
  return {
    'default-src': `'self' ${server}`,
    'script-src': `'self' 'unsafe-inline' ${server}`,
    'style-src': `'self' 'unsafe-inline' ${server}`,
    'font-src': `'self' data: ${server}`,
    'img-src': `'self' data: ${server}`,
    'connect-src': "'self' http: https: ws:",
    'worker-src': `'self' blob: ${server}`,
  };
}

/** @param developmentServer its origin, if pages come from there */
export function contentSecurityPolicyFor(developmentServer: string | undefined): string {
  const relaxations = developmentServer === undefined ? {} : developmentRelaxations(developmentServer);
  return Object.entries({ ...contentSecurityPolicy, ...relaxations })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');
}

/** Sets the headers that every response carries, whoever writes it. */
export function setSecurityHeaders(outgoing: ServerResponse, policy: string): void {
  outgoing.setHeader('Content-Security-Policy', policy);
  outgoing.setHeader('X-Content-Type-Options', 'nosniff');
  outgoing.setHeader('Referrer-Policy', 'no-referrer');
  outgoing.setHeader('Cross-Origin-Opener-Policy', 'same-origin-allow-popups');
}
