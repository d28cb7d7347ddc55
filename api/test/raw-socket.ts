import { connect } from 'node:net';

/** The answer to a request that is sent as these bytes, as bytes; empty if the line was cut without one. */
export async function sendBytes(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(request);
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += String(chunk);
  return text;
}
