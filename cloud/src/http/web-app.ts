import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { type Context, type Handler, Hono, type MiddlewareHandler } from 'hono';
import { proxy } from 'hono/proxy';
import { StartupError } from '../errors.ts';

/** The cloud's pages: one HTML entry whose router knows them all. */
const pages = [
  '/',
  '/sign-in',
  '/sign-up',
  '/forgot-password',
  '/reset-password',
  '/verify-email',
  '/security',
  '/registration-keys',
  '/device',
];
const entry = 'account.html';

/** True for the URL of a development server, false for a directory. */
export function isDevelopmentServer(webApp: string): boolean {
  return webApp.startsWith('http://');
}

/**
 * Serves the web app from its directory, or hands its requests to a Vite development server.
 *
 * @throws {StartupError} `web_app_missing`
 */
export function webAppRoutes(webApp: string): Hono {
  return isDevelopmentServer(webApp) ? developmentRoutes(webApp) : builtRoutes(webApp);
}

function builtRoutes(directory: string): Hono {
  if (!existsSync(join(directory, entry))) {
    throw new StartupError(
      'web_app_missing',
      `The web app is not built: there is no ${join(directory, entry)}. Run npm run build, or name its directory with --web-app.`,
    );
  }
  const routes = new Hono();
  // Vite puts a hash of the content into the names of assets.
  routes.get(
    '/assets/*',
    cacheControl('public, max-age=31536000, immutable'),
    serveStatic({ root: directory }),
  );
  routes.get(
    '/:file{[\\w-]+\\.(?:svg|png|ico|webmanifest)}',
    cacheControl('no-cache'),
    serveStatic({ root: directory }),
  );
  const serveEntry = fromMemory(join(directory, entry));
  for (const page of pages) routes.get(page, serveEntry);
  return routes;
}

/** Reads a page when it has changed, as it does below a cloud that runs while its files are replaced. */
function fromMemory(path: string): Handler {
  let page: { readonly content: string; readonly modifiedAt: number } | undefined;
  return (c) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) return c.notFound();
    if (page?.modifiedAt !== stats.mtimeMs) {
      page = { content: readFileSync(path, 'utf8'), modifiedAt: stats.mtimeMs };
    }
    return c.html(page.content, 200, {
      'Cache-Control': 'no-cache',
      'Last-Modified': stats.mtime.toUTCString(),
    });
  };
}

function developmentRoutes(server: string): Hono {
  const routes = new Hono();
  const pass = async (c: Context, path: string) => {
    // The development server checks `Host` as well.
    const headers = new Headers(c.req.raw.headers);
    headers.set('host', new URL(server).host);
    return proxy(`${server}${path}`, { headers, method: c.req.method });
  };
  for (const page of pages) routes.get(page, async (c) => pass(c, `/${entry}`));
  routes.get('*', async (c, next) => {
    // Modules are asked for by name; what looks like a page is not one.
    if (c.req.header('accept')?.includes('text/html')) return next();
    const { pathname, search } = new URL(c.req.url);
    return pass(c, `${pathname}${search}`);
  });
  return routes;
}

function cacheControl(value: string): MiddlewareHandler {
  return async (c, next) => {
    await next();
    if (c.res.ok) c.header('Cache-Control', value);
  };
}
