import { statSync } from 'node:fs';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { proxy } from 'hono/proxy';
import { StartupError } from '../errors.ts';

/** The instance's pages: one HTML entry whose router knows them all. */
const pages = ['/', '/launcher', '/playground', '/audit', '/sessions', '/instances/*'];
const entry = 'index.html';

/** True for the URL of a development server, false for a directory. */
export function isDevelopmentServer(webApp: string): boolean {
  return webApp.startsWith('http://');
}

/**
 * Serves the web app from its directory, or hands its requests to a Vite development server.
 *
 * @throws {StartupError} `web_app_not_built`
 */
export function webAppRoutes(webApp: string): Hono {
  return isDevelopmentServer(webApp) ? developmentRoutes(webApp) : builtRoutes(webApp);
}

function builtRoutes(directory: string): Hono {
  const page = join(directory, entry);
  // A request for a pipe would be answered never, and keep the process from ending.
  if (!statSync(page, { throwIfNoEntry: false })?.isFile()) {
    throw new StartupError(
      'web_app_not_built',
      `The web app is not built: there is no file ${page}. Run npm run build, or name its directory with --web-app.`,
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
  for (const page of pages) {
    routes.get(page, pagesOnly, cacheControl('no-cache'), serveStatic({ root: directory, path: entry }));
  }
  return routes;
}

function developmentRoutes(server: string): Hono {
  const routes = new Hono();
  const pass = async (c: Context, path: string) => {
    // The development server checks `Host` as well.
    const headers = new Headers(c.req.raw.headers);
    headers.set('host', new URL(server).host);
    headers.delete('authorization');
    return proxy(`${server}${path}`, { headers, method: c.req.method });
  };
  for (const page of pages) routes.get(page, pagesOnly, async (c) => pass(c, `/${entry}`));
  routes.get('*', async (c, next) => {
    // Modules are asked for by name; what looks like a page is not one.
    if (c.req.header('accept')?.includes('text/html')) return next();
    const { pathname, search } = new URL(c.req.url);
    return pass(c, `${pathname}${search}`);
  });
  return routes;
}

/** A last segment with a dot names a file, and files are not found below pages. */
const pagesOnly: MiddlewareHandler = async (c, next) => {
  const isFile = c.req.path.slice(c.req.path.lastIndexOf('/')).includes('.');
  return isFile ? c.notFound() : next();
};

function cacheControl(value: string): MiddlewareHandler {
  return async (c, next) => {
    await next();
    if (c.res.ok) c.header('Cache-Control', value);
  };
}
