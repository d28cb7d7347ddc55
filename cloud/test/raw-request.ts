import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** A request with whatever headers and target, which `fetch` would not send. */
export async function rawRequest(
  port: number,
  { method = 'GET', path = '/', headers = [] as [name: string, value: string][], body = '' },
): Promise<RawAnswer> {
  const outgoing = request({
    host: '127.0.0.1',
    port,
    method,
    path,
    setHost: false,
    headers: [
      ...headers,
      ...(body === '' ? [] : [['Content-Length', String(Buffer.byteLength(body))]]),
    ].flat(),
    agent: false,
  });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.on('response', resolve).on('error', reject).end(body);
  const response = await promise;
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, text };
}

/** What a request as bytes gets: the status, or 0 if the connection is closed without an answer. */
export async function rawStatus(port: number, request: string): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  socket.end(request);
  let text = '';
  for await (const chunk of socket.setEncoding('latin1')) text += String(chunk);
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);
}
