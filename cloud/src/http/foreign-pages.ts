import type { Context } from 'hono';
import { HttpError } from '../errors.ts';
import { isJsonContent } from './json-body.ts';

// Any web page can make its visitor's browser send requests here. What it can send without asking (CORS), nobody is to be
// refused for later: it is refused before it is counted.

/**
 * Refuses what a page sends without being able to read the answer: a form, or a request in `no-cors` mode. The pages of
 * instances fetch with CORS.
 *
 * @throws {HttpError} 403
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-mode-header
 */
export function assertNotBlind(c: Context): void {
  const mode = c.req.header('sec-fetch-mode') ?? 'cors';
  if (mode !== 'no-cors' && mode !== 'navigate') return;
  throw new HttpError(403, 'invalid_request', 'A page asks this with CORS, by fetch.');
}

/**
 * Refuses registrations by web pages, and what is not JSON. Instances register by themselves.
 *
 * @throws {HttpError} 403, or 400 as RFC 7591 section 3.2.2 has it
 */
export function assertFromNoPage(c: Context): void {
  const site = c.req.header('sec-fetch-site') ?? 'none';
  if (c.req.header('origin') !== undefined || site !== 'none') {
    throw new HttpError(403, 'invalid_request', 'Web pages cannot register instances.');
  }
  if (c.req.method === 'POST' && !isJsonContent(c)) {
    throw new HttpError(400, 'invalid_request', 'Send the registration as application/json.');
  }
}
