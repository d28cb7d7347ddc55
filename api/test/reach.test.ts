import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { sendBytes } from './raw-socket.ts';
import { TestCloud } from './test-cloud.ts';
import { rawRequest, TestBrowser, TestInstance } from './test-instance.ts';

// An instance behind a proxy that speaks https with the world. The proxy's part is played by the requests.

const publicUrl = 'https://lab.example.com';

let cloud: TestCloud;
let instance: TestInstance;
let port: number;

beforeAll(async () => {
  cloud = await TestCloud.start();
  port = await freePort();
  instance = await TestInstance.start(cloud, {
    listen: { host: '127.0.0.1', port },
    reach: { publicUrl, allowedHosts: ['lab.local'] },
  });
  await instance.untilRegistered();
});

afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

test('the printed address is the public one, with and without the claim code', async () => {
  expect(instance.handle.url).toBe(publicUrl);
  expect(instance.handle.claimUrl).toMatch(
    new RegExp(`^${publicUrl}/#claim=${await instance.claimCode()}\\.[0-9A-Z]{4}$`),
  );
});

test('row 39: listening for others over plain HTTP is said once, at the start', async () => {
  // A spelling of loopback that is not known as such, so that the test opens nothing to others.
  const listen = { host: '::ffff:127.0.0.1', port: 0 };
  await using open = await TestInstance.start(cloud, { listen });
  expect(open.logLines.filter((line) => line.includes('plain HTTP'))).toHaveLength(1);
  expect(instance.logLines.filter((line) => line.includes('plain HTTP'))).toEqual([]);
});

describe('row 4, 5: as bytes', () => {
  const get = (lines: string) => sendBytes(port, `GET ${lines}\r\nConnection: close\r\n\r\n`);

  test.each([
    '/healthz HTTP/1.1\r\nHost: lab.example.com',
    '/healthz HTTP/1.1\r\nHost:LAB.EXAMPLE.COM',
    '/healthz HTTP/1.1\r\nhOST:   lab.example.com:443  ',
    '/healthz HTTP/1.1\r\nHost:\tlab.local',
    '/healthz HTTP/1.1\r\nHost: lab.example.com\r\nX-Forwarded-Host: evil.test\r\nForwarded: host=evil.test',
  ])('answered: %j', async (lines) => expect(await get(lines)).toMatch(/^HTTP\/1\.1 200 /));

  test.each([
    'https://lab.example.com/healthz HTTP/1.1\r\nHost: lab.example.com',
    'http://lab.example.com/healthz HTTP/1.1\r\nHost: lab.example.com',
    '//lab.example.com/healthz HTTP/1.1\r\nHost: lab.example.com',
    '* HTTP/1.1\r\nHost: lab.example.com',
    '/healthz HTTP/1.1\r\nHost: lab.example.com\r\nHost: lab.example.com',
    '/healthz HTTP/1.1\r\nHost: lab.example.com\r\nHost: evil.test',
    '/healthz HTTP/1.1\r\nHost: evil.test\r\nHost: lab.example.com',
    '/healthz HTTP/1.1\r\nHost: evil.test\r\nX-Forwarded-Host: lab.example.com',
    '/healthz HTTP/1.1\r\nHost: evil.test\r\nForwarded: host=lab.example.com;proto=https',
    '/healthz HTTP/1.1\r\nX-Forwarded-Host: lab.example.com',
    '/healthz HTTP/1.1\r\nHost : lab.example.com',
    '/healthz HTTP/1.1\r\n Host: lab.example.com',
    '/healthz HTTP/1.1\r\nHost: evil.test\r\n lab.example.com',
    '/healthz HTTP/1.1\r\nHost: lab.example.com.',
    '/healthz HTTP/1.1\r\nHost: lab.example.com evil.test',
    '/healthz HTTP/1.1\r\nHost: lab.example.com, evil.test',
    '/healthz HTTP/1.1\r\nHost: evil.test@lab.example.com',
    '/healthz HTTP/1.1\r\nHost: lab.example.com@evil.test',
    '/healthz HTTP/1.1\r\nHost: lab.example.com#evil.test',
    '/healthz HTTP/1.1\r\nHost: lab.example.com\\evil.test',
    '/healthz HTTP/1.1\r\nHost: lab.example.com%00.evil.test',
    '/healthz HTTP/1.1\r\nHost: lab.example.com:80',
    '/healthz HTTP/1.1\r\nHost: lab.example.com:443:443',
    '/healthz HTTP/1.1\r\nHost: lab。example。com',
    '/healthz HTTP/1.1\r\nHost: [::ffff:7f00:1]',
    '/healthz HTTP/1.1\r\nHost: [::1%25lo]',
    '/healthz HTTP/1.1\r\nHost: ',
    '/healthz HTTP/1.0',
  ])('refused: %j', async (lines) => expect(await get(lines)).toMatch(/^HTTP\/1\.1 40[03] /));

  test.each(['[::ffff:127.0.0.1]', '[0:0:0:0:0:0:0:1]', '::1', '[::1]evil.test', '[::1]@evil.test'])(
    'refused with its port: %s',
    async (name) => {
      expect(await get(`/healthz HTTP/1.1\r\nHost: ${name}:${port}`)).toMatch(/^HTTP\/1\.1 40[03] /);
    },
  );

  test('CONNECT reaches nobody', async () => {
    const answer = await sendBytes(
      port,
      'CONNECT lab.example.com:443 HTTP/1.1\r\nHost: lab.example.com:443\r\n\r\n',
    );
    expect(answer).not.toMatch(/^HTTP\/1\.1 2/);
  });
});

describe('row 22: behind a proxy', () => {
  const body = '{"query":"{ viewer { id } }"}';
  const ask = async (host: string, htu: string, further: [string, string][] = []) => {
    const { authorization, dpop } = await (await TestBrowser.create(instance)).headers(htu);
    const { status } = await rawRequest(instance.url, {
      method: 'POST',
      path: '/graphql',
      headers: [
        ['Host', host],
        ['Content-Type', 'application/json'],
        ['Content-Length', String(body.length)],
        ['Authorization', authorization],
        ['DPoP', dpop],
        ...further,
      ],
      body,
    });
    return status;
  };

  test('a proof is for the public address, though the connection is plain', async () => {
    expect(await ask('lab.example.com', `${publicUrl}/graphql`)).toBe(200);
    expect(await ask('lab.example.com', 'http://lab.example.com/graphql')).toBe(401);
    expect(await ask('lab.example.com', `${instance.url}/graphql`)).toBe(401);
    expect(await ask(`127.0.0.1:${port}`, `${publicUrl}/graphql`)).toBe(401);
    expect(await ask(`127.0.0.1:${port}`, `${instance.url}/graphql`)).toBe(200);
  });

  test('headers of a client change neither name nor scheme', async () => {
    const spoofed: [string, string][] = [
      ['X-Forwarded-Host', 'lab.example.com'],
      ['X-Forwarded-Proto', 'https'],
      ['Forwarded', 'host=lab.example.com;proto=https'],
    ];
    expect(await ask('lab.local', 'http://lab.local/graphql', spoofed)).toBe(200);
    expect(await ask('lab.local', 'https://lab.local/graphql', spoofed)).toBe(401);
    expect(await ask('evil.test', `${publicUrl}/graphql`, spoofed)).toBe(403);
  });
});

describe('row 34: a published instance', () => {
  const askAs = async (origin: string, host = 'lab.example.com') =>
    rawRequest(instance.url, {
      path: '/healthz',
      headers: [
        ['Host', host],
        ['Origin', origin],
      ],
    });

  test('has the public origin as its own', async () => {
    expect((await askAs(publicUrl)).status).toBe(200);
    expect((await askAs('http://lab.example.com')).status).toBe(403);
  });

  test('lets no pages of the visitor’s machine in, though it listens on loopback', async () => {
    expect((await askAs('http://localhost:5173')).status).toBe(403);
    expect((await askAs('http://127.0.0.1:8080', `127.0.0.1:${port}`)).status).toBe(403);
  });
});

test('row 49: browsers keep to https for the public name, and are told nothing under other names', async () => {
  const toldAs = async (host: string, path: string) =>
    (await rawRequest(instance.url, { path, headers: [['Host', host]] })).headers[
      'strict-transport-security'
    ];
  for (const path of ['/', '/healthz', '/nowhere', '/graphql'])
    expect(await toldAs('lab.example.com', path), path).toBe('max-age=31536000');
  for (const host of ['lab.local', `127.0.0.1:${port}`, 'evil.test'])
    expect(await toldAs(host, '/healthz'), host).toBeUndefined();
});
