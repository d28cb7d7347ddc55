import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultDataPath, parseCloudConfig, parseIssuer, parseListenAddress } from './config.ts';
import { defaultLifetimes } from './lifetimes.ts';

const flags = { dataPath: 'data', listen: 'localhost:7070', webApp: 'dist' };

describe('--listen', () => {
  test.each([
    ['localhost:7070', 'localhost', 7070],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['[::1]:65535', '::1', 65_535],
    ['[::ffff:127.0.0.1]:1', '::ffff:127.0.0.1', 1],
    [' LocalHost:80 ', 'localhost', 80],
    ['cloud.example-1.com:443', 'cloud.example-1.com', 443],
  ])('%j', (text, host, port) => expect(parseListenAddress(text)).toEqual({ host, port }));

  test.each([
    '',
    ':',
    'localhost',
    'localhost:',
    ':7070',
    'localhost:65536',
    'localhost:7070x',
    'localhost:-1',
    '::1:7070',
    '[::1]',
    '[::1:7070',
    'http://localhost:7070',
    'a b:1',
    'local/host:1',
    'localhost:1e3',
  ])('not %j', (text) =>
    expect(() => parseListenAddress(text)).toThrow(/is not an address to listen on. Write it as HOST:PORT/),
  );
});

describe('--issuer', () => {
  test.each([
    ['https://cloud.example.com', 'https://cloud.example.com'],
    ['https://cloud.example.com/', 'https://cloud.example.com'],
    ['HTTPS://Cloud.Example.COM:443/', 'https://cloud.example.com'],
    ['https://cloud.example.com:8443', 'https://cloud.example.com:8443'],
    ['http://localhost:7070', 'http://localhost:7070'],
    ['http://127.0.0.1:7070', 'http://127.0.0.1:7070'],
    ['http://127.1.2.3', 'http://127.1.2.3'],
    ['http://[::1]:7070', 'http://[::1]:7070'],
    [' https://cloud.example.com ', 'https://cloud.example.com'],
  ])('%j becomes %s', (text, issuer) => expect(parseIssuer(text)).toBe(issuer));

  test.each([
    ['', 'not a URL'],
    ['cloud.example.com', 'not a URL'],
    ['ftp://cloud.example.com', 'neither https nor http'],
    ['javascript:alert(1)', 'neither https nor http'],
    ['http://cloud.example.com', 'plain http'],
    ['http://localhost.evil.test', 'plain http'],
    ['http://127.0.0.1.evil.test', 'plain http'],
    ['http://0.0.0.0:7070', 'plain http'],
    ['http://192.168.0.1', 'plain http'],
    ['http://[::]:7070', 'plain http'],
    ['https://user@cloud.example.com', 'user name'],
    ['https://:secret@cloud.example.com', 'user name'],
    ['https://cloud.example.com/path', 'more than'],
    ['https://cloud.example.com/?', 'more than'],
    ['https://cloud.example.com?a=b', 'more than'],
    ['https://cloud.example.com/#', 'more than'],
    ['https://cloud.example.com/#a', 'more than'],
  ])('not %j', (text, why) => {
    expect(() => parseIssuer(text)).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
    expect(() => parseIssuer(text)).toThrow(why);
  });
});

describe('--trusted-proxy', () => {
  const proxiesOf = (...trustedProxy: string[]) =>
    parseCloudConfig({ ...flags, trustedProxy }).trustedProxies;

  test('takes addresses and networks', () => {
    expect(proxiesOf('127.0.0.1', '10.0.0.0/8', '2001:DB8::/32', '::1')).toEqual([
      '127.0.0.1/32',
      '10.0.0.0/8',
      '2001:db8::/32',
      '::1/128',
    ]);
  });

  test.each([
    ['localhost', 'is not an address range'],
    ['', 'is not an address range'],
    ['10.0.0.0/33', 'is not an address range'],
    ['::/129', 'is not an address range'],
    ['0.0.0.0/0', 'would let everybody speak for others'],
    ['::/0', 'would let everybody speak for others'],
  ])('not %j', (range, why) => expect(() => proxiesOf(range)).toThrow(why));
});

describe('the configuration', () => {
  test('has absolute paths, and no issuer unless one is given', () => {
    expect(parseCloudConfig(flags)).toEqual({
      dataPath: resolve('data'),
      listen: { host: 'localhost', port: 7070 },
      issuer: undefined,
      webApp: resolve('dist'),
      lifetimes: defaultLifetimes,
    });
  });

  test('takes a development server on this machine, and no other', () => {
    expect(parseCloudConfig({ ...flags, webApp: 'http://localhost:5173/' }).webApp).toBe(
      'http://localhost:5173',
    );
    for (const webApp of ['http://evil.test', 'https://localhost:5173', 'http://192.168.0.1:5173']) {
      expect(() => parseCloudConfig({ ...flags, webApp })).toThrow(
        'only a development server on this machine can',
      );
    }
  });

  test('names every bad value at once', () => {
    const bad = { dataPath: ' ', listen: 'x', issuer: 'y', webApp: 'https://z' };
    const message = /“x” is not.*\n.*“y” cannot.*\n.*“https:\/\/z” cannot.*\n.*data path is empty/;
    expect(() => parseCloudConfig(bad)).toThrow(message);
  });
});

describe('the default data path', () => {
  test.each<[NodeJS.Platform, NodeJS.ProcessEnv, string]>([
    ['linux', { HOME: '/home/ann' }, join('/home/ann', '.local', 'share', 'holdfast', 'cloud')],
    ['linux', { HOME: '/home/ann', XDG_DATA_HOME: '/data' }, join('/data', 'holdfast', 'cloud')],
    [
      'linux',
      { HOME: '/home/ann', XDG_DATA_HOME: '' },
      join('/home/ann', '.local', 'share', 'holdfast', 'cloud'),
    ],
    [
      'darwin',
      { HOME: '/Users/ann' },
      join('/Users/ann', 'Library', 'Application Support', 'holdfast', 'cloud'),
    ],
    ['win32', { APPDATA: 'C:\\Data' }, join('C:\\Data', 'holdfast', 'cloud')],
    ['linux', {}, join(homedir(), '.local', 'share', 'holdfast', 'cloud')],
  ])('on %s with %j', (platform, env, path) => expect(defaultDataPath(env, platform)).toBe(path));
});
