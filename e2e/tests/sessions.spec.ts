import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright/test';
import { AdjustableNetwork } from '../adjustable-network.ts';
import { claimAsOwner, expect, test } from '../browser-test.ts';

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
  // Renewal is due after half of that.
  await using network = await AdjustableNetwork.start({ access_token: 16 });
  const context = await browser.newContext();
  const renewals: string[] = [];
  context.on('requestfinished', async (request) => {
    if (
      request.url() === `${network.cloudUrl}/token` &&
      request.postData()?.includes('grant_type=refresh_token')
    ) {
      renewals.push(String((await request.response())?.status()));
    }
  });
  const page = await context.newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  const other = await context.newPage();
  await other.goto(network.instanceUrl);
  const before = await accessToken(page, network.instanceUrl);
  await expect.poll(async () => accessToken(page, network.instanceUrl), { timeout: 20_000 }).not.toBe(before);

  for (const tab of [page, other]) {
    await tab.reload();
    await expect(tab.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
  }
  expect(renewals.length).toBeGreaterThan(0);
  expect(renewals.filter((status) => status !== '200')).toEqual([]);
  await context.close();
});

test('a reload that loses the answer of a renewal signs nobody out', async ({ browser }) => {
  await using network = await AdjustableNetwork.start({ access_token: 16 });
  const page = await (await browser.newContext()).newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  const before = await accessToken(page, network.instanceUrl);
  const lost = Promise.withResolvers<number>();
  await page.route(
    `${network.cloudUrl}/token`,
    async (route) => {
      const answer = await route.fetch();
      await route.abort();
      lost.resolve(answer.status());
    },
    { times: 1 },
  );
  expect(await lost.promise).toBe(200);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
  await expect.poll(async () => accessToken(page, network.instanceUrl), { timeout: 20_000 }).not.toBe(before);
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
  await page.context().close();
});

test('while the cloud is away, whoever is signed in works on, and renews when it is back', async ({
  browser,
}) => {
  await using network = await AdjustableNetwork.start({ access_token: 40 });
  const page = await (await browser.newContext()).newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  const before = await accessToken(page, network.instanceUrl);
  await network.cloudDown();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
  await network.cloudUp();
  await expect.poll(async () => accessToken(page, network.instanceUrl), { timeout: 60_000 }).not.toBe(before);
  await page.context().close();
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
