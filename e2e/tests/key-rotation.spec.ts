import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../../scripts/builds.cjs';
import { AdjustableNetwork } from '../adjustable-network.ts';
import { claimAsOwner, expect, test } from '../browser-test.ts';

const run = promisify(execFile);

/** How long an instance waits before it asks for unknown keys again. */
const cooldownMilliseconds = 30_000;

interface KeysFile {
  signing_keys: { kid: string; nbf?: number }[];
}

test('row 25: a page with short-lived tokens notices nothing of rotations, planned or not, while a stranger makes up keys', async ({
  browser,
}) => {
  test.setTimeout(180_000);
  // Renewal is due after half of that.
  await using network = await AdjustableNetwork.start({ access_token: 16 });
  const { cloudUrl, cloudDataPath, instanceUrl } = network;
  const keysPath = join(cloudDataPath, 'keys.json');
  const stored = () => JSON.parse(readFileSync(keysPath, 'utf8')) as KeysFile;
  const rotate = async (...args: string[]) =>
    run(
      process.execPath,
      [...['scripts/bin/holdfast-cloud.cjs', 'keys', 'rotate', '--data-path', cloudDataPath, ...args]],
      { cwd: repositoryRoot },
    );
  /** Lets the newest key sign after `seconds`, rather than after its lead. */
  const hasten = (seconds: number) => {
    const file = stored();
    const newest = file.signing_keys.at(-1);
    if (newest) newest.nbf = Math.floor(Date.now() / 1_000) + seconds;
    writeFileSync(`${keysPath}.new`, JSON.stringify(file), { mode: 0o600 });
    renameSync(`${keysPath}.new`, keysPath);
  };

  const page = await (await browser.newContext()).newPage();
  const refusals: string[] = [];
  const kids: string[] = [];
  const tokens = new Map<string | undefined, string>();
  page.on('response', (response) => {
    if (!response.url().startsWith(`${instanceUrl}/graphql`)) return;
    const [scheme, token = ''] = (response.request().headers().authorization ?? '').split(' ');
    if (scheme !== 'DPoP') return;
    const kid = kidOf(token);
    tokens.set(kid, token);
    if (response.status() >= 400) refusals.push(`${response.status()} ${kid}`);
    else if (kids.at(-1) !== kid) kids.push(kid);
  });
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  const stays = async () => {
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible({ timeout: 40_000 });
  };
  const goesOnUntilKey = async (kid: string | undefined) => {
    await expect(async () => {
      await stays();
      expect(kids.at(-1)).toBe(kid);
    }).toPass({ intervals: [1_000], timeout: 70_000 });
  };

  const stranger = setInterval(() => void makeUpKey(instanceUrl), 1_000);
  try {
    await rotate();
    // Longer than an instance waits to ask again: what the shortest lead is for.
    hasten(cooldownMilliseconds / 1_000 + 3);
    const [first, second] = stored().signing_keys.map(({ kid }) => kid);
    await goesOnUntilKey(second);
    expect(kids).toEqual([first, second]);
    expect(refusals).toEqual([]);

    // Right after the instance has asked, so that the page renews before it asks again.
    await expect.poll(async () => makeUpKey(instanceUrl), { timeout: 40_000 }).toBeGreaterThan(29);
    await rotate('--now');
    const [third, ...more] = stored().signing_keys.map(({ kid }) => kid);
    expect(more).toEqual([]);
    await goesOnUntilKey(third);
    expect(kids).toEqual([first, second, third]);
    // Otherwise the instance knew the key in time, and nothing was shown.
    expect(new Set(refusals)).toEqual(new Set([`401 ${third}`]));
    expect(await withoutProof(instanceUrl, tokens.get(second))).toContain('does not publish (kid)');
    expect(await withoutProof(instanceUrl, tokens.get(third))).not.toContain('(kid)');
  } finally {
    clearInterval(stranger);
  }
  expect((await (await fetch(`${cloudUrl}/jwks`)).json()) as unknown).toMatchObject({
    keys: [{ kid: kids.at(-1) }],
  });
});

function kidOf(token: string): string {
  const [header = ''] = token.split('.');
  return (JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }).kid;
}

/** What the instance says of a token without the proof that it is bound to. */
async function withoutProof(instanceUrl: string, token = ''): Promise<string> {
  return (await ask(instanceUrl, token)).text();
}

/**
 * Sends a token that looks right but for its key, for which the instance has to ask its cloud.
 *
 * @returns after how many seconds it asks again
 */
async function makeUpKey(instanceUrl: string): Promise<number> {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = [
    encode({ alg: 'ES256', typ: 'at+jwt', kid: randomUUID() }),
    encode({ sub: randomUUID() }),
    randomBytes(64).toString('base64url'),
  ].join('.');
  return Number((await ask(instanceUrl, token)).headers.get('retry-after'));
}

async function ask(instanceUrl: string, token: string): Promise<Response> {
  return fetch(`${instanceUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `DPoP ${token}` },
    body: JSON.stringify({ query: '{ viewer { id } }' }),
  });
}
