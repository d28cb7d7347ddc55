import type { Context } from 'hono';
import { HttpError } from '../errors.ts';

/**
 * Reads a JSON object. Only `application/json` is read: the types that an HTML form can send across origins are not.
 *
 * @throws {HttpError} 415 or 400
 */
export async function readJsonObject(c: Context): Promise<Record<string, unknown>> {
  assertJsonContentType(c);
  const body: unknown = await c.req.json().catch(() => undefined);
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new HttpError(400, 'invalid_request', 'The body is not a JSON object.');
  }
  return body as Record<string, unknown>;
}

/** @throws {HttpError} 415 */
export function assertJsonContentType(c: Context): void {
  if (isJsonContent(c)) return;
  throw new HttpError(415, 'unsupported_media_type', 'Send the body as application/json.');
}

export function isJsonContent(c: Context): boolean {
  return /^application\/json(?:\s*;|$)/i.test(c.req.header('content-type') ?? '');
}
