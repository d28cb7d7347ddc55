import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { type Context, Hono, type Next } from 'hono';
import { proxy } from 'hono/proxy';
import { getMimeType } from 'hono/utils/mime';
import { StartupError } from '../errors.ts';
import { FilesInMemory } from './files-in-memory.ts';

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
  const files = new FilesInMemory(directory);
  // Vite puts a hash of the content into the names of assets: no other path leads into that folder, or out of it.
  const serveAsset = fromMemory(files, directory, 'public, max-age=31536000, immutable');
  routes.get('/assets/:file{[\\w.-]+}', async (c, next) => serveAsset(c, next, c.req.path));
  const serveFile = fromMemory(files, directory, 'no-cache');
  routes.get('/:file{[\\w-]+\\.(?:svg|png|ico|webmanifest)}', async (c, next) =>
    serveFile(c, next, c.req.path),
  );
  for (const page of pages) routes.get(page, async (c, next) => serveFile(c, next, `/${entry}`));
  return routes;
}

type ServeFile = (c: Context, next: Next, name: string) => Promise<Response>;

/** Always the whole file: a part of it would be a stream of its own for everybody who asks. */
function fromMemory(files: FilesInMemory, directory: string, cacheControl: string): ServeFile {
  return async (c, next, name) => {
    const file = files.read(name);
    if (file === 'missing') return c.notFound();
    if (file === 'too large') {
      const serve = serveStatic({ root: directory, path: name });
      c.header('Cache-Control', cacheControl);
      return (await serve(c, next)) ?? c.notFound();
    }
    return c.body(file.content, 200, {
      'Cache-Control': cacheControl,
      'Content-Type': getMimeType(name) ?? 'application/octet-stream',
      'Content-Length': String(file.content.byteLength),
      'Last-Modified': file.modifiedAt.toUTCString(),
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
