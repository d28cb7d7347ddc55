import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { SecretsStore } from '../../api/src/secrets/secrets-store.ts';
import { approve, expect, password, runStartingQuery, signUp, startSignIn, test } from '../browser-test.ts';

test('no token, secret, code or password of the whole story is anywhere it does not belong', async ({
  network,
  newPerson,
}) => {
  const secrets = new Map<string, string>([['the password', password]]);
  const context = await newPerson();
  context.on('request', (request) => {
    expect(new URL(request.url()).search, request.url()).not.toMatch(/token|code|secret|claim/i);
    for (const [name, header] of [
      ['an Authorization header', request.headers().authorization],
      ['a DPoP proof', request.headers().dpop],
      ['the page key', request.headers()['holdfast-page-key']],
    ] as const) {
      if (header !== undefined) secrets.set(`${name} of ${request.url()}`, header.replace(/^DPoP /, ''));
    }
    const form = new URLSearchParams(request.postData() ?? '');
    for (const name of ['device_code', 'refresh_token']) {
      const value = form.get(name);
      if (value !== null) secrets.set(name, value);
    }
  });
  secrets.set('the claim code', network.claimCode);

  const page = await context.newPage();
  await page.goto(network.printedUrl);
  const { userCode, cloudPage } = await startSignIn(page);
  secrets.set('the user code', userCode);
  await signUp(cloudPage, 'owner@example.test');
  await approve(cloudPage, 'Lab');
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
  await page.goto(`${network.instanceUrl}/playground`);
  await runStartingQuery(page, 'owner@example.test');
  for (const [name, token] of await storedTokens(page, network.instanceUrl)) secrets.set(name, token);
  for (const cookie of await context.cookies()) secrets.set(`the cookie ${cookie.name}`, cookie.value);

  await page.goto(network.instanceUrl);
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  expect(await storedTokens(page, network.instanceUrl)).toEqual([]);
  await network.down();

  for (const [name, secret] of await instanceSecrets(network.dataPath, network.configHome))
    secrets.set(name, secret);
  expect([...secrets.keys()]).toEqual(
    expect.arrayContaining([
      'access token',
      'refresh token',
      'device_code',
      `the page key of ${network.cloudUrl}/api/device/approve`,
      'client secret',
      'instance token',
    ]),
  );

  const places = new Map(filesBelow(network.dataPath).map((path) => [path, readFileSync(path, 'latin1')]));
  expect([...places.keys()].join()).toContain('secrets.db');
  // The address with the claim code is printed for the person at the terminal; what is logged must not have it.
  places.set('the log', network.output.replaceAll(/^ {2}Instance .*$/gm, ''));
  for (const [name, secret] of secrets) {
    for (const [place, content] of places) {
      expect(content.includes(secret), `${name} in ${place}`).toBe(false);
      const withoutSignature =
        secret.split('.').length === 3 ? secret.slice(0, secret.lastIndexOf('.')) : secret;
      expect(content.includes(withoutSignature), `${name} without its signature in ${place}`).toBe(false);
    }
  }
});

async function storedTokens(page: Page, baseUrl: string): Promise<[string, string][]> {
  const session = await page.evaluate((key) => localStorage.getItem(key), `holdfast.session.${baseUrl}`);
  if (session === null) return [];
  const { accessToken, refreshToken } = JSON.parse(session) as { accessToken: string; refreshToken: string };
  return [
    ['access token', accessToken],
    ['refresh token', refreshToken],
  ];
}

/** What lies sealed in secrets.db, opened with its key. */
async function instanceSecrets(dataPath: string, configHome: string): Promise<[string, string][]> {
  using store = await SecretsStore.open({
    path: join(dataPath, 'instance', 'secrets.db'),
    dataPath: join(dataPath, 'instance'),
    keys: { directory: join(configHome, 'holdfast', 'keys') },
  });
  return [
    ['client secret', store.read('registration')?.client_secret ?? ''],
    ['registration access token', store.read('registration_management')?.registration_access_token ?? ''],
    ['instance token', store.read('instance_token')?.access_token ?? ''],
  ];
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
