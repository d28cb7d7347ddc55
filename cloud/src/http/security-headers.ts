import type { ServerResponse } from 'node:http';

const contentSecurityPolicy = {
  'default-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'font-src': "'self' data:",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'object-src': "'none'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
  'form-action': "'self'",
};

/** What a Vite development server needs on top: its inline preamble, and its socket for hot reload. */
const developmentRelaxations = {
  'script-src': "'self' 'unsafe-inline'",
  'connect-src': "'self' http: ws:",
  'worker-src': "'self' blob:",
};

export function contentSecurityPolicyFor(isDevelopment: boolean): string {
  const policy = { ...contentSecurityPolicy, ...(isDevelopment ? developmentRelaxations : {}) };
  return Object.entries(policy)
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
