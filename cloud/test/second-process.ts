import { fork } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type AnswerBody, type TestBrowser, webClientId } from './test-clients.ts';
import type { TestCloud } from './test-cloud.ts';

const script = fileURLToPath(new URL('token-endpoint.ts', import.meta.url));

/** The token endpoint of a cloud in another process, on the same data. */
export async function secondProcess(cloud: TestCloud): Promise<AsyncDisposable & { readonly port: string }> {
  const other = fork(script, [cloud.file('cloud.db'), cloud.file('keys.json'), cloud.url], { execArgv: [] });
  const [port] = (await once(other, 'message')) as [number];
  return {
    port: String(port),
    [Symbol.asyncDispose]: async () => {
      const exited = once(other, 'exit');
      other.disconnect();
      await exited;
    },
  };
}

/** Renews at the cloud, or at another process on its data. */
export async function refreshAt(
  port: string,
  browser: TestBrowser,
  refreshToken: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: AnswerBody }> {
  const { host } = new URL(browser.cloud.url);
  const asked = request({
    host: '127.0.0.1',
    port,
    path: '/token',
    method: 'POST',
    headers: {
      host,
      'content-type': 'application/x-www-form-urlencoded',
      dpop: await browser.proof(),
      ...headers,
    },
  });
  const body = { grant_type: 'refresh_token', client_id: webClientId, refresh_token: refreshToken };
  asked.end(new URLSearchParams(body).toString());
  const [answer] = await once(asked, 'response');
  return { status: answer.statusCode as number, body: (await json(answer)) as AnswerBody };
}
