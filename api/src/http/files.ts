import type { IncomingMessage, ServerResponse } from 'node:http';
import send from 'send';

/** Answers with a file; false, with nothing written, if there is no such file in the directory. */
export async function sendFile(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { directory, file, cacheControl }: { directory: string; file: string; cacheControl: string },
): Promise<boolean> {
  await turnOf(outgoing);
  if (outgoing.destroyed) return true;
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  outgoing.once('close', () => resolve(true));
  send(incoming, file, { root: directory, index: false, cacheControl: false })
    .on('headers', () => outgoing.setHeader('Cache-Control', cacheControl))
    .on('directory', () => resolve(false))
    .on('error', (error: HttpError) => {
      if (outgoing.headersSent || error.status >= 500) reject(error);
      else if (rangeOrCondition.has(error.status)) {
        outgoing.removeHeader('Cache-Control');
        outgoing.writeHead(error.status, error.headers).end();
      } else resolve(false);
    })
    .pipe(outgoing);
  return promise;
}

/** Waits for the answers before this one on its connection: of a file that is open meanwhile, a part would be kept. */
async function turnOf(outgoing: ServerResponse): Promise<void> {
  if (outgoing.socket || outgoing.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  outgoing.once('socket', () => resolve()).once('close', () => resolve());
  await promise;
}

/** As `send` emits it. */
interface HttpError extends Error {
  readonly status: number;
  readonly headers?: Record<string, string>;
}

/** Failures of what was asked of a file that is there. */
const rangeOrCondition: ReadonlySet<number> = new Set([412, 416]);
