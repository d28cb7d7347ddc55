import type { Page } from 'playwright/test';
import { claimAsOwner, expect, test } from '../browser-test.ts';
import { ReverseProxy } from '../reverse-proxy.ts';
import { freePorts } from '../test-network.ts';

// The pages of an instance behind a real nginx, which buffers answers as it does by default.

/** Far less than what it takes a page to notice a line on which nothing comes. */
const promptly = { timeout: 3_000 };

const latestEntry = (page: Page) =>
  page.getByRole('list', { name: 'Audit log' }).getByRole('listitem').first();

test('rows 20, 35: with nonces and through a proxy people sign in, and events come at once', async ({
  browser,
  network,
}) => {
  // nginx may have to be installed first.
  test.setTimeout(300_000);
  const [port] = await freePorts(1);
  const url = `https://localhost:${port}`;
  await network.restart('--public-url', url, '--trusted-proxy', '127.0.0.1', '--dpop-nonce');
  await using proxy = await ReverseProxy.start(port as number, network.instanceUrl);
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const challenges: (string | undefined)[] = [];
  context.on('response', (response) => {
    if (response.status() === 401) challenges.push(response.headers()['www-authenticate']);
  });

  const page = await context.newPage();
  const printedUrl = `${proxy.url}/#claim=${network.claimCode}`;
  expect(network.output).toContain(printedUrl);
  await claimAsOwner(page, { printedUrl }, 'owner@example.test', 'Lab');
  await page.getByRole('link', { name: 'Audit log' }).click();
  await expect(latestEntry(page)).toBeVisible();

  const other = await context.newPage();
  await other.goto(proxy.url);
  await other.getByRole('button', { name: 'Rename instance' }).click();
  await other.getByLabel('Instance name').fill('Attic');
  await other.getByRole('button', { name: 'Save' }).click();
  await expect(other.getByRole('heading', { name: 'Attic', level: 1 })).toBeVisible();
  await expect(latestEntry(page)).toContainText('Instance renamed', promptly);

  // Each page is told once, and knows from then on.
  expect(challenges.length).toBeGreaterThan(0);
  expect(challenges.filter((challenge) => !challenge?.includes('error="use_dpop_nonce"'))).toEqual([]);
  await context.close();
});
