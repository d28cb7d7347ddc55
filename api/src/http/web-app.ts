import { statSync } from 'node:fs';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { StartupError } from '../errors.ts';

/** Answers a GET or HEAD for a page or file of the web app; false, with nothing written, if there is none at `path`. */
export type WebApp = (incoming: IncomingMessage, outgoing: ServerResponse, path: string) => Promise<boolean>;

/** The instance's pages: one HTML entry whose router knows them all. */
const pages = new Set(['/', '/launcher', '/playground', '/audit', '/sessions', '/instances']);
const pagesBelow = '/instances/';
const entry = '/index.html';
/** Names as Vite gives them: no other path leads into that folder, or out of it. */
const asset = /^\/assets\/[\w.-]+$/;
/** What lies beside the entry. */
const rootFile = /^\/[\w-]+\.(?:svg|png|ico|webmanifest)$/;

/** Whether a browser asks for something to show, rather than a page for something to use. */
export function isForPerson({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes('text/html') === true;
}

/** True for the URL of a development server, false for a directory. */
export function isDevelopmentServer(webApp: string): boolean {
  return webApp.startsWith('http://');
}

/**
 * Serves the web app from its directory, or hands its requests to a Vite development server.
 *
 * @throws {StartupError} `web_app_not_built`
 */
export function createWebApp(webApp: string): WebApp {
  return isDevelopmentServer(webApp) ? developed(webApp) : built(webApp);
}

function built(directory: string): WebApp {
  const page = join(directory, entry);
  // A request for a pipe would be answered never, and keep the process from ending.
  if (!statSync(page, { throwIfNoEntry: false })?.isFile()) {
    throw new StartupError(
      'web_app_not_built',
      `The web app is not built: there is no file ${page}. Run npm run build, or name its directory with --web-app.`,
    );
  }
  return async (incoming, outgoing, path) => {
    const file = isPage(path) ? entry : path;
    // Vite puts a hash of the content into the names of assets.
    const isAsset = asset.test(path);
    if (file !== entry && !isAsset && !rootFile.test(path)) return false;
    const cacheControl = isAsset ? 'public, max-age=31536000, immutable' : 'no-cache';
    // Loaded later: a start does not wait for a list of media types.
    const { sendFile } = await import('./files.ts');
    return sendFile(incoming, outgoing, { directory, file, cacheControl });
  };
}

function developed(server: string): WebApp {
  return async (incoming, outgoing, path) => {
    if (isPage(path)) return pass(incoming, outgoing, `${server}${entry}`);
    // Modules are asked for by name; what looks like a page is not one.
    if (isForPerson(incoming)) return false;
    return pass(incoming, outgoing, `${server}${incoming.url}`);
  };
}

async function pass(incoming: IncomingMessage, outgoing: ServerResponse, url: string): Promise<true> {
  const { authorization: _, ...headers } = incoming.headers;
  const { promise, resolve, reject } = Promise.withResolvers<true>();
  // The development server checks `Host` as well.
  request(url, { method: incoming.method, headers: { ...headers, host: new URL(url).host } })
    .on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing).once('close', () => resolve(true));
    })
    .on('error', reject)
    .end();
  return promise;
}

/** A last segment with a dot names a file, and files are not found below pages. */
function isPage(path: string): boolean {
  if (!path.startsWith(pagesBelow)) return pages.has(path);
  return !path.slice(path.lastIndexOf('/')).includes('.');
}
