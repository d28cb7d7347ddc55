import type { Context, MiddlewareHandler } from 'hono';

/**
 * Refuses bodies of more than `maximumBytes` with what `refuse` answers. Hono's own middleware copies a request that
 * does not announce its length, which the requests of its Node.js server do not let it do; a new one is made instead.
 */
export function limitBody(maximumBytes: number, refuse: (c: Context) => Response): MiddlewareHandler {
  const tooLarge = (c: Context) => {
    // The rest of the body stays unread, so the connection is of no further use.
    c.header('Connection', 'close');
    return refuse(c);
  };

  return async (c, next) => {
    const { method, url, headers, body } = c.req.raw;
    if (Number(headers.get('content-length') ?? 0) > maximumBytes) return tooLarge(c);
    // RFC 9112 section 6.3: without either header, a request has no body.
    if (headers.has('transfer-encoding') && body) {
      const chunks: Uint8Array[] = [];
      let size = 0;
      for (const reader = body.getReader(); ; ) {
        const { done, value } = await reader.read();
        if (done) break;
        size += value.byteLength;
        if (size > maximumBytes) return tooLarge(c);
        chunks.push(value);
      }
      c.req.raw = new Request(url, { method, headers, body: Buffer.concat(chunks) });
    }
    return next();
  };
}
