import type { ServerResponse } from 'node:http';

/** Who may turn strings into HTML or into scripts: the web app's own policies, and those of the playground's editor. */
const trustedTypesPolicies = [
  'default',
  'holdfast-workers',
  'holdfast-markdown',
  // Monaco's, which it creates as it loads.
  'defaultWorkerFactory',
  'diffEditorWidget',
  'diffReview',
  'domLineBreaksComputer',
  'editorGhostText',
  'editorViewLayer',
  'standaloneColorizer',
  'stickyScrollViewLayer',
  'tokenizeToString',
  'dompurify',
];

type Directives = Readonly<Record<string, string | undefined>>;

const contentSecurityPolicy: Directives = {
  'default-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
  'font-src': "'self' data:",
  'img-src': "'self' data:",
  // The launcher talks to the cloud and to the instances that a person adds.
  'connect-src': "'self' http: https:",
  'object-src': "'none'",
  'base-uri': "'none'",
  'frame-ancestors': "'none'",
  'form-action': "'self'",
  'require-trusted-types-for': "'script'",
  'trusted-types': trustedTypesPolicies.join(' '),
};

/** What pages of a Vite development server need: its inline preamble, its modules, its socket for hot reload. */
function developmentRelaxations(server: string): Directives {
  return {
    'default-src': `'self' ${server}`,
    'script-src': `'self' 'unsafe-inline' ${server}`,
    'style-src': `'self' 'unsafe-inline' ${server}`,
    'font-src': `'self' data: ${server}`,
    'img-src': `'self' data: ${server}`,
    'connect-src': "'self' http: https: ws:",
    'worker-src': `'self' blob: ${server}`,
    // It writes its own pages by strings.
    'require-trusted-types-for': undefined,
    'trusted-types': undefined,
  };
}

/** @param developmentServer its origin, if pages come from there */
export function contentSecurityPolicyFor(developmentServer: string | undefined): string {
  const relaxations = developmentServer === undefined ? {} : developmentRelaxations(developmentServer);
  return Object.entries({ ...contentSecurityPolicy, ...relaxations })
    .filter(([, sources]) => sources !== undefined)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');
}

/** Sets the headers that every response carries, whoever writes it. */
export function setSecurityHeaders(outgoing: ServerResponse, policy: string): void {
  outgoing.setHeader('Content-Security-Policy', policy);
  outgoing.setHeader('X-Content-Type-Options', 'nosniff');
  outgoing.setHeader('Referrer-Policy', 'no-referrer');
  outgoing.setHeader('Cross-Origin-Opener-Policy', 'same-origin-allow-popups');
  // Other pages may ask by CORS, where they are allowed to; as an image or a script nothing is theirs.
  outgoing.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
}
