import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Running, run, start } from './command.ts';
import { rawRequest } from './raw-request.ts';
import { freePort, TestCloud } from './test-cloud.ts';

async function untilReady(running: Running): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!running.output.includes('The cloud runs at')) {
    if (running.process.exitCode !== null || Date.now() > deadline) throw new Error(running.errors);
    await sleep(20);
  }
}

test('--help explains every flag, its default and its environment variable', async () => {
  const { output, exitCode } = await run(['serve', '--help']);
  expect(exitCode).toBe(0);
  const options = output.split(/\n {2}(?=-)/).map((option) => option.replace(/\s+/g, ' '));
  for (const [flag, variable, initial] of [
    ['--data-path <dir>', 'HOLDFAST_CLOUD_DATA_PATH', 'holdfast/cloud'],
    ['--listen <host:port>', 'HOLDFAST_CLOUD_LISTEN', 'localhost:7070'],
    ['--issuer <url>', 'HOLDFAST_CLOUD_ISSUER', 'http://HOST:PORT'],
    ['--web-app <path-or-url>', 'HOLDFAST_WEB_APP', 'web/dist'],
    ['--smtp-url <url>', 'HOLDFAST_CLOUD_SMTP_URL', 'links go to the log'],
    ['--sign-up <policy>', 'HOLDFAST_CLOUD_SIGN_UP', 'open'],
    ['--mail-from <address>', 'HOLDFAST_CLOUD_MAIL_FROM', 'holdfast@'],
    ['--trusted-proxy <cidr>', 'HOLDFAST_CLOUD_TRUSTED_PROXY', 'none'],
    ['--access-token-ttl <duration>', 'HOLDFAST_CLOUD_ACCESS_TOKEN_TTL', '5m'],
    ['--refresh-token-idle-ttl <duration>', 'HOLDFAST_CLOUD_REFRESH_TOKEN_IDLE_TTL', '14d'],
    ['--refresh-token-absolute-ttl <duration>', 'HOLDFAST_CLOUD_REFRESH_TOKEN_ABSOLUTE_TTL', '90d'],
    ['--instance-token-ttl <duration>', 'HOLDFAST_CLOUD_INSTANCE_TOKEN_TTL', '10m'],
    ['--device-code-ttl <duration>', 'HOLDFAST_CLOUD_DEVICE_CODE_TTL', '5m'],
    ['--device-poll-interval <duration>', 'HOLDFAST_CLOUD_DEVICE_POLL_INTERVAL', '2s'],
  ] as const) {
    const option = options.find((text) => text.startsWith(flag));
    expect(option).toContain(`env: ${variable}`);
    expect(option).toContain(initial);
  }
});

test('every bad value at once, a sentence each, and exit code 1', async () => {
  const { output, errors, exitCode } = await run(
    ['serve', '--listen', 'nonsense', '--issuer', 'http://evil.test'],
    {
      HOLDFAST_CLOUD_DATA_PATH: '/nonexistent/holdfast',
      HOLDFAST_WEB_APP: 'https://evil.test',
    },
  );
  expect(exitCode).toBe(1);
  expect(output).toBe('');
  expect(errors.trim().split('\n')).toEqual([
    expect.stringContaining('“nonsense” is not an address to listen on'),
    expect.stringContaining('plain http is only safe on a loopback name'),
    expect.stringContaining('only a development server on this machine can'),
  ]);
});

test('a password of the mail server is taken from the environment, not from an argument', async () => {
  const { errors, exitCode } = await run(['serve', '--smtp-url', 'smtps://ada:s3cret@mail.example.com']);
  expect(exitCode).toBe(1);
  expect(errors).toContain('HOLDFAST_CLOUD_SMTP_URL');
  const bad = await run(['serve'], {
    HOLDFAST_CLOUD_SMTP_URL: 'ada:s3cret@mail',
    HOLDFAST_CLOUD_MAIL_FROM: 'Ada',
  });
  expect(bad.exitCode).toBe(1);
  expect(bad.errors).toContain('--smtp-url is not the address of a mail server');
  expect(bad.errors).toContain('“Ada” cannot be who mails are from');
  expect(errors + bad.errors).not.toContain('s3cret');
});

test('an unknown flag is answered with the usage', async () => {
  const { errors, exitCode } = await run(['serve', '--nonsense']);
  expect(exitCode).toBe(1);
  expect(errors).toContain("unknown option '--nonsense'");
  expect(errors).toContain('Usage: holdfast-cloud serve');
});

test.each([
  ['serve', '--bogus=s3cret'],
  ['accounts', 'list', '--bogus=s3cret'],
  ['members', 'list', 'ann@example.test', '--bogus s3cret'],
])('row 48: the value of an unknown option is not repeated: %j', async (...args) => {
  const { errors, exitCode } = await run(args);
  expect(exitCode).toBe(1);
  expect(errors).toContain("unknown option '--bogus'");
  expect(errors).not.toContain('s3cret');
});

test('it serves what flags and environment say, until Ctrl-C', async () => {
  await using cloud = await TestCloud.start();
  await cloud.down();
  const port = await freePort();
  const dataPath = join(cloud.root, 'by-flag');
  const running = start(
    ['serve', '--data-path', dataPath, '--web-app', cloud.config.webApp, '--access-token-ttl', '90s'],
    { HOLDFAST_CLOUD_LISTEN: `127.0.0.1:${port}`, HOLDFAST_CLOUD_DEVICE_POLL_INTERVAL: '3s' },
  );
  await untilReady(running);
  expect(running.output).toBe(`The cloud runs at http://127.0.0.1:${port}\nIts data is in ${dataPath}\n`);
  const metadata = await fetch(`http://127.0.0.1:${port}/.well-known/oauth-authorization-server`);
  expect(await metadata.json()).toMatchObject({
    holdfast_token_lifetimes: { access_token: 90, device_code: 300, device_poll_interval: 3 },
  });
  const second = await run([
    'serve',
    '--data-path',
    dataPath,
    '--listen',
    '127.0.0.1:0',
    '--web-app',
    cloud.config.webApp,
  ]);
  expect(second.exitCode).toBe(1);
  expect(second.errors).toContain(`Another cloud (process ${running.process.pid}) already runs`);
  expect(second.errors.trim().split('\n')).toHaveLength(1);
  const invited = await run(['invite', '--data-path', dataPath, '--days', '1']);
  expect(invited.output).toMatch(
    new RegExp(
      `^http://127\\.0\\.0\\.1:${port}/sign-up#link=[\\w-]{43}\nGood for one account, for 1 day\\.\n$`,
    ),
  );

  running.process.kill('SIGINT');
  const [exitCode, signal] = (await once(running.process, 'close')) as [number, string | null];
  expect([exitCode, signal]).toEqual([0, null]);
});

test('row 47: what was acknowledged survives kill -9; the lock does not', async () => {
  await using cloud = await TestCloud.start();
  await cloud.down();
  const listen = `127.0.0.1:${cloud.port}`;
  const running = start([
    'serve',
    '--data-path',
    cloud.config.dataPath,
    '--listen',
    listen,
    '--web-app',
    cloud.config.webApp,
  ]);
  await untilReady(running);
  const { status, text } = await rawRequest(cloud.port, {
    method: 'POST',
    path: '/reg',
    headers: [
      ['Host', listen],
      ['Content-Type', 'application/json'],
    ],
    body: '{}',
  });
  running.process.kill('SIGKILL');
  await once(running.process, 'close');
  expect(status).toBe(201);

  const { client_id, client_secret } = JSON.parse(text) as Record<string, string>;
  await cloud.up();
  const authorization = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`;
  const token = await cloud.postForm('/token', { grant_type: 'client_credentials' }, { authorization });
  expect(token.status).toBe(200);
});
