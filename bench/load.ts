import { Agent, request } from 'node:http';
import type { MeasuredServer } from './measured-server.ts';

const connections = 16;

/**
 * Sends every request once, over a few connections that stay open.
 *
 * @param status of every answer
 * @returns microseconds of processor time per request that the server used
 * @throws when an answer has another status
 */
export async function processorTimePerRequest(
  server: MeasuredServer,
  query: string,
  headers: readonly Record<string, string>[],
  status = 200,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const body = JSON.stringify({ query });
  let next = 0;
  const work = async () => {
    for (let index = next++; index < headers.length; index = next++) {
      await post(agent, `${server.url}/graphql`, body, headers[index] ?? {}, status);
    }
  };
  const before = await server.usage();
  await Promise.all(Array.from({ length: connections }, work));
  const after = await server.usage();
  agent.destroy();
  return (after.cpu - before.cpu) / headers.length;
}

async function post(
  agent: Agent,
  url: string,
  body: string,
  headers: Record<string, string>,
  status: number,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  request(url, { agent, method: 'POST', headers: { 'content-type': 'application/json', ...headers } })
    .on('error', reject)
    .on('response', (response) => {
      response.resume().on('end', () => {
        if (response.statusCode === status) resolve();
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
    })
    .end(body);
  return promise;
}
