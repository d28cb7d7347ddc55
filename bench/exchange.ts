import { type Agent, request } from 'node:http';

export interface Outgoing {
  readonly headers: Readonly<Record<string, string>>;
  /** Posted, if there is one. */
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Asks something over one of the agent's connections. */
export async function exchange(agent: Agent, url: string, { headers, body }: Outgoing): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  request(url, { agent, method: body === undefined ? 'GET' : 'POST', headers })
    .on('error', reject)
    .on('response', (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (chunk: string) => {
          text += chunk;
        })
        .on('end', () => resolve({ status: response.statusCode ?? 0, text }))
        .on('error', reject);
    })
    .end(body);
  return promise;
}
