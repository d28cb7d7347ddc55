import { Agent } from 'node:http';
import { exchange } from './exchange.ts';
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
  const url = `${server.url}/graphql`;
  const body = JSON.stringify({ query });
  let next = 0;
  const work = async () => {
    for (let index = next++; index < headers.length; index = next++) {
      const answer = await exchange(agent, url, {
        headers: { 'content-type': 'application/json', ...headers[index] },
        body,
      });
      if (answer.status !== status) throw new Error(`${url} answered ${answer.status}`);
    }
  };
  const before = await server.usage();
  await Promise.all(Array.from({ length: connections }, work));
  const after = await server.usage();
  agent.destroy();
  return (after.cpu - before.cpu) / headers.length;
}
