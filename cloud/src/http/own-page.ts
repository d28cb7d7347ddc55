import type { Context } from 'hono';
import { HttpError } from '../errors.ts';
import { assertJsonContentType } from './json-body.ts';

/**
 * Refuses a request that acts on the session cookie unless one of the cloud's own pages sent it: an exact `Origin`, and a
 * content type that no form can send across origins.
 *
 * @throws {HttpError} 403 `invalid_origin`, or 415
 */
export function assertFromOwnPage(c: Context, issuer: string): void {
  if (c.req.header('origin') !== issuer) {
    throw new HttpError(403, 'invalid_origin', `This request must come from the pages of ${issuer}.`);
  }
  assertJsonContentType(c);
}
