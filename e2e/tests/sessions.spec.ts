import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright/test';
import { defaultWebApp } from '../../api/src/config.ts';
import { createInstance } from '../../api/src/instance.ts';
import { createLogger } from '../../api/src/logger.ts';
import { createCloud } from '../../cloud/src/cloud.ts';
import { createLogger as createCloudLogger } from '../../cloud/src/logger.ts';
import { claimAsOwner, expect, test } from '../browser-test.ts';

const silent = { destination: { write: () => undefined } };

test('a closed browser and restarted servers: still signed in, nothing registered twice', async ({
  network,
  launchOptions,
}) => {
  const profile = mkdtempSync(join(tmpdir(), 'holdfast-profile-'));
  try {
    const first = await chromium.launchPersistentContext(profile, launchOptions);
    await claimAsOwner(await first.newPage(), network, 'owner@example.test', 'Lab');
    await first.close();
    const { id } = await network.publicInstance();
    await network.restart();

    const second = await chromium.launchPersistentContext(profile, launchOptions);
    const page = await second.newPage();
    await page.goto(network.printedUrl);
    await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
    expect((await network.publicInstance()).id).toBe(id);
    expect(network.output.match(/registered at the cloud/g)).toHaveLength(1);
    await second.close();
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
});

test('access tokens renew silently, in two tabs at once, and the page goes on', async ({ browser }) => {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-sessions-'));
  try {
    await using cloud = await createCloud(
      { dataPath: join(root, 'cloud'), listen: { host: 'localhost', port: 0 }, webApp: defaultWebApp },
      // Renewal is due 75 s before the end, so a few seconds after the sign-in.
      { logger: createCloudLogger(silent), lifetimes: { access_token: 79 } },
    );
    await using instance = await createInstance(
      {
        dataPath: join(root, 'instance'),
        listen: { host: '127.0.0.1', port: 0 },
        cloud: cloud.url,
        keyDirectory: join(root, 'keys'),
        allowedOrigins: [],
        webApp: defaultWebApp,
      },
      { logger: createLogger(silent) },
    );
    const context = await browser.newContext();
    const renewals: string[] = [];
    context.on('requestfinished', async (request) => {
      if (
        request.url() === `${cloud.url}/token` &&
        request.postData()?.includes('grant_type=refresh_token')
      ) {
        renewals.push(String((await request.response())?.status()));
      }
    });
    const page = await context.newPage();
    await claimAsOwner(page, { printedUrl: instance.claimUrl as string }, 'owner@example.test', 'Lab');
    const other = await context.newPage();
    await other.goto(instance.url);
    const before = await accessToken(page, instance.url);
    await expect.poll(async () => accessToken(page, instance.url), { timeout: 20_000 }).not.toBe(before);
    expect(await accessToken(other, instance.url)).toBe(await accessToken(page, instance.url));

    for (const tab of [page, other]) {
      await tab.reload();
      await expect(tab.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
    }
    expect(renewals.length).toBeGreaterThan(0);
    expect(renewals.filter((status) => status !== '200')).toEqual([]);
    await context.close();
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test('tokens that were copied to another browser are refused there', async ({ network, newPerson }) => {
  const page = await (await newPerson()).newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  const key = `holdfast.session.${network.instanceUrl}`;
  const session = await page.evaluate((name) => localStorage.getItem(name), key);

  const thief = await (await newPerson()).newPage();
  await thief.goto(network.instanceUrl);
  await thief.evaluate(
    ([name, value]) => localStorage.setItem(name as string, value as string),
    [key, session],
  );
  await thief.reload();
  await expect(thief.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await expect(thief.getByRole('heading', { name: 'Lab' })).toBeHidden();

  // The owner does not notice.
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
});

async function accessToken(page: Page, baseUrl: string): Promise<string> {
  return page.evaluate(
    (key) => (JSON.parse(localStorage.getItem(key) ?? '{}') as { accessToken: string }).accessToken,
    `holdfast.session.${baseUrl}`,
  );
}
