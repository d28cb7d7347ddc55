import type { ServerResponse } from 'node:http';

type Directives = Readonly<Record<string, string | undefined>>;

const contentSecurityPolicy: Directives = {
  'default-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'font-src': "'self' data:",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'object-src': "'none'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
  'form-action': "'self'",
  'require-trusted-types-for': "'script'",
  // The web app's own policy, which lets style sheets pass.
  'trusted-types': 'default',
};

/** What a Vite development server needs: its inline preamble, and its socket for hot reload. */
const developmentRelaxations: Directives = {
  'script-src': "'self' 'unsafe-inline'",
  'connect-src': "'self' http: ws:",
  'worker-src': "'self' blob:",
  // It writes its own pages by strings.
  'require-trusted-types-for': undefined,
  'trusted-types': undefined,
};

const approvalPath = '/device';

export function contentSecurityPolicyFor(isDevelopment: boolean): string {
  const policy = { ...contentSecurityPolicy, ...(isDevelopment ? developmentRelaxations : {}) };
  return Object.entries(policy)
    .filter(([, sources]) => sources !== undefined)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');
}

/**
 * Sets the headers that every response carries, whoever writes it.
 *
 * @param path without the query. The approval page alone keeps the page that opened it, of another origin, to ask it for
 *   its proof; that page can in return send it messages, which are only believed from the origin that was asked, and
 *   lead its tab elsewhere, as it could have when it opened it.
 */
export function setSecurityHeaders(outgoing: ServerResponse, policy: string, path: string): void {
  outgoing.setHeader('Content-Security-Policy', policy);
  outgoing.setHeader('X-Content-Type-Options', 'nosniff');
  outgoing.setHeader('Referrer-Policy', 'no-referrer');
  // By whether it is there at all, launchers tell a cloud from nothing, and say that it is no instance.
  outgoing.setHeader('Cross-Origin-Resource-Policy', path === '/healthz' ? 'cross-origin' : 'same-origin');
  outgoing.setHeader(
    'Cross-Origin-Opener-Policy',
    path === approvalPath ? 'unsafe-none' : 'same-origin-allow-popups',
  );
}
