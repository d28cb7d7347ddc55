import { expect, test } from 'vitest';
import { refreshAt, secondProcess } from './second-process.ts';
import { company } from './test-clients.ts';
import { TestCloud } from './test-cloud.ts';

const rounds = 1_000;

test('rows 15, 16: five tabs at two processes, 1,000 times: one successor each, and nobody is signed out', {
  timeout: 300_000,
}, async () => {
  const loopback = { trustedProxies: ['127.0.0.1/32'], listen: { host: '127.0.0.1', port: 0 } };
  await using cloud = await TestCloud.start({}, loopback);
  const { instance, account, browser } = await company(cloud);
  await using other = await secondProcess(cloud);
  const [here, there] = [new URL(cloud.url).port, other.port];
  let { refresh_token: refreshToken } = await browser.signIn(instance, account);
  for (let round = 0; round < rounds; round += 1) {
    // Otherwise it would be the limit that keeps them apart.
    const headers = { 'x-forwarded-for': `198.51.100.${round % 250}` };
    const answers = await Promise.all(
      [here, there, here, there, here].map(async (port) => refreshAt(port, browser, refreshToken, headers)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const successors = new Set(answers.map(({ body }) => body.refresh_token));
    expect(successors.size).toBe(1);
    expect(successors).not.toContain(refreshToken);
    [refreshToken = ''] = successors;
  }
});
