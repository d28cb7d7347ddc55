import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { writePrivateFile } from '../src/data-directory/private-file.ts';
import { formatKeysFile, type KeysFile } from '../src/provider/keys-file.ts';
import { run } from './command.ts';
import { refreshAt, secondProcess } from './second-process.ts';
import {
  claimsOf,
  company,
  type TestAccount,
  type TestBrowser,
  type TestInstance,
  type Tokens,
} from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

const lead = 15 * 60;
const day = 24 * 60 * 60;

let cloud: TestCloud;
let instance: TestInstance;
let account: TestAccount;
let browser: TestBrowser;
let tokens: Tokens;

beforeEach(async () => {
  cloud = await TestCloud.start({ access_token: day });
  ({ instance, account, browser } = await company(cloud));
  tokens = await browser.signIn(instance, account);
});

afterEach(async () => {
  vi.useRealTimers();
  await cloud[Symbol.asyncDispose]();
});

/** In a process of its own, while the cloud runs. */
const keys = async (...args: string[]) =>
  run(['keys', ...args], { HOLDFAST_CLOUD_DATA_PATH: cloud.config.dataPath });

const stored = async () => JSON.parse(await readFile(cloud.file('keys.json'), 'utf8')) as KeysFile;
const kidOf = ({ access_token: token }: Tokens) => decodeProtectedHeader(token).kid;
const published = async () => (await (await cloud.get('/jwks')).json()) as JSONWebKeySet;
const publishedKids = async () => (await published()).keys.map(({ kid }) => kid);

async function renew(): Promise<Tokens> {
  tokens = (await (await browser.refresh(tokens.refresh_token)).json()) as Tokens;
  return tokens;
}

test('row 25: a rotation while the cloud runs: published, then signing, then gone; no token is refused meanwhile', async () => {
  const old = tokens;
  const { exitCode, output } = await keys('rotate');
  expect([exitCode, output]).toEqual([
    0,
    expect.stringMatching(/signs since the first start\t.*\n.*signs from /),
  ]);
  const [first, second] = (await stored()).signing_keys.map(({ kid }) => kid);
  await vi.waitFor(async () => expect(await publishedKids()).toEqual([first, second]), { timeout: 3_000 });
  expect(kidOf(await renew())).toBe(first);

  moveClock(lead + 1);
  expect(kidOf(await renew())).toBe(second);
  expect([await instance.isActive(old), await instance.isActive(tokens)]).toEqual([true, true]);
  await jwtVerify(tokens.access_token, createLocalJWKSet(await published()), { algorithms: ['ES256'] });
  moveClock(day);
  expect(await publishedKids()).toEqual([first, second]);
  moveClock(10 * 60);
  expect(await publishedKids()).toEqual([second]);
  expect(kidOf(await renew())).toBe(second);

  await cloud.restart();
  expect(await publishedKids()).toEqual([second]);
  expect(await instance.isActive(tokens)).toBe(true);
});

test('news for instances are signed with the key that signs by then', async () => {
  await keys('rotate');
  moveClock(lead + 1);
  await cloud.postForm('/token/revocation', { client_id: 'holdfast-web', token: tokens.refresh_token });
  const answer = await instance.call('POST', '/api/instance/events', await instance.token(), {
    returnImmediately: true,
  });
  const { sets } = (await answer.json()) as { sets: Record<string, string> };
  const [news = ''] = Object.values(sets);
  expect(decodeProtectedHeader(news).kid).toBe((await stored()).signing_keys[1]?.kid);
  await jwtVerify(news, createLocalJWKSet(await published()), { typ: 'secevent+jwt' });
});

test('a key that may have leaked is withdrawn at once, and nobody is signed out', async () => {
  const leaked = tokens;
  expect((await keys('rotate', '--now')).output).toContain('all others are withdrawn');
  await vi.waitFor(async () => expect(await instance.isActive(leaked)).toBe(false), { timeout: 3_000 });
  const [only, ...more] = (await stored()).signing_keys;
  expect([await publishedKids(), more]).toEqual([[only?.kid], []]);
  expect(kidOf(await renew())).toBe(only?.kid);
  expect(await instance.isActive(tokens)).toBe(true);
});

test('of two rotations at once, one is made', async () => {
  const outcomes = await Promise.all([keys('rotate'), keys('rotate')]);
  expect(outcomes.map(({ exitCode }) => exitCode).toSorted((one, two) => one - two)).toEqual([0, 1]);
  expect(outcomes.map(({ errors }) => errors).join('')).toContain('A new key waits already');
  expect((await stored()).signing_keys).toHaveLength(2);
});

test('what the commands print holds no private part; what is wrong is said in a sentence', async () => {
  const outputs = [await keys('rotate'), await keys(), await keys('list')];
  const secrets = (await stored()).signing_keys.flatMap(({ d, x }) => [String(d), String(x)]);
  for (const { output, errors } of outputs) {
    expect(errors).toBe('');
    expect(secrets.filter((secret) => output.includes(secret))).toEqual([]);
  }
  expect(outputs[1]?.output).toBe(outputs[2]?.output);
  expect(outputs[1]?.output.match(/\n/g)).toHaveLength(2);
  expect(cloud.logLines.join('')).not.toContain(secrets[0]);
  expect((await keys('rotate', '--lead', '30s')).errors).toContain('Give --lead 1m to 7d');
  expect((await keys('rotate', '--now', '--lead', '5m')).errors).toContain('cannot be used with');
  expect((await keys('--data-path', cloud.root)).errors).toContain('There is no cloud in');
});

test('row 25: two processes with the same file begin with the new key in the same second, and know what the other signs', async () => {
  await using other = await secondProcess(cloud);
  await keys('rotate');
  const {
    signing_keys: [first, second],
    ...secrets
  } = await stored();
  if (!first || !second) throw new Error('There are not two keys.');
  const begin = Math.floor(Date.now() / 1_000) + 4;
  const sooner = { ...secrets, signing_keys: [first, { ...second, nbf: begin }] };
  writePrivateFile(cloud.file('keys.json'), formatKeysFile(sooner));
  const kids = new Set<string | undefined>();
  while (Date.now() < (begin + 2) * 1_000) {
    for (const port of [String(cloud.port), other.port]) {
      const { status, body } = await refreshAt(port, browser, tokens.refresh_token);
      expect(status).toBe(200);
      tokens = body;
      kids.add(kidOf(tokens));
      const issuedAt = Number(claimsOf(tokens).iat);
      // In the second before the change, the time of issue may have been taken just before it.
      if (issuedAt !== begin - 1) expect(kidOf(tokens)).toBe(issuedAt < begin ? first.kid : second.kid);
      await jwtVerify(tokens.access_token, createLocalJWKSet(await published()), { typ: 'at+jwt' });
    }
    await sleep(50);
  }
  expect(kids).toEqual(new Set([first.kid, second.kid]));
});
