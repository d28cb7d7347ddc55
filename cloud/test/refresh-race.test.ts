import { fork } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type AnswerBody, company, type TestBrowser, webClientId } from './test-clients.ts';
import { TestCloud } from './test-cloud.ts';

const rounds = 1_000;
const script = fileURLToPath(new URL('token-endpoint.ts', import.meta.url));

/** Renews at the cloud, or at another process on its database. Returns status and body. */
async function refresh(browser: TestBrowser, port: string, refreshToken: string, round: number) {
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
      // Otherwise it would be the limit that keeps them apart.
      'x-forwarded-for': `198.51.100.${round % 250}`,
    },
  });
  const body = { grant_type: 'refresh_token', client_id: webClientId, refresh_token: refreshToken };
  asked.end(new URLSearchParams(body).toString());
  const [answer] = await once(asked, 'response');
  return { status: answer.statusCode as number, body: (await json(answer)) as AnswerBody };
}

test('rows 15, 16: five tabs at two processes, 1,000 times: one successor each, and nobody is signed out', {
  timeout: 300_000,
}, async () => {
  const loopback = { trustedProxies: ['127.0.0.1/32'], listen: { host: '127.0.0.1', port: 0 } };
  await using cloud = await TestCloud.start({}, loopback);
  const { instance, account, browser } = await company(cloud);
  const other = fork(script, [cloud.file('cloud.db'), cloud.file('keys.json'), cloud.url], { execArgv: [] });
  try {
    const [otherPort] = (await once(other, 'message')) as [number];
    const [here, there] = [new URL(cloud.url).port, String(otherPort)];
    let { refresh_token: refreshToken } = await browser.signIn(instance, account);
    for (let round = 0; round < rounds; round += 1) {
      const answers = await Promise.all(
        [here, there, here, there, here].map(async (port) => refresh(browser, port, refreshToken, round)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      const successors = new Set(answers.map(({ body }) => body.refresh_token));
      expect(successors.size).toBe(1);
      expect(successors).not.toContain(refreshToken);
      [refreshToken = ''] = successors;
    }
  } finally {
    const exited = once(other, 'exit');
    other.disconnect();
    await exited;
  }
});
