import type { MiddlewareHandler } from 'hono';
import { HttpError } from '../errors.ts';

/**
 * Refuses bodies of more than `maximumBytes`. Hono's own middleware copies a request that does not announce its length,
 * which the requests of its Node.js server do not let it do; a new one is made here instead.
 *
 * @throws {HttpError} 413
 */
export function limitBody(maximumBytes: number): MiddlewareHandler {
  // The rest of the body stays unread, so the connection is of no further use.
  const tooLarge = () =>
    new HttpError(413, 'invalid_request', `The body is larger than ${maximumBytes} bytes.`, {
      Connection: 'close',
    });

  return async (c, next) => {
    if (Number(c.req.header('content-length') ?? 0) > maximumBytes) throw tooLarge();
    // RFC 9112 section 6.3: without either header, a request has no body. To ask for it makes one of a kind that is slow.
    const body = c.req.header('transfer-encoding') === undefined ? null : c.req.raw.body;
    if (body) {
      const chunks: Uint8Array[] = [];
      let size = 0;
      for (const reader = body.getReader(); ; ) {
        const { done, value } = await reader.read();
        if (done) break;
        size += value.byteLength;
        if (size > maximumBytes) throw tooLarge();
        chunks.push(value);
      }
      const { method, url, headers } = c.req.raw;
      c.req.raw = new Request(url, { method, headers, body: Buffer.concat(chunks) });
    }
    await next();
  };
}
