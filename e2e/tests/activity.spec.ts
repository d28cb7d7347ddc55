import type { Page } from 'playwright/test';
import { AdjustableNetwork } from '../adjustable-network.ts';
import { claimAsOwner, expect, expectAccessible, startSignIn, test } from '../browser-test.ts';

// What the pages of activity tell, and that they tell it by themselves.

const entries = (page: Page) => page.getByRole('list', { name: 'Audit log' }).getByRole('listitem');

async function rename(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Rename instance' }).click();
  await page.getByLabel('Instance name').fill(name);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
}

test('sign-in and rename appear in the audit log, live; the sessions show this browser', async ({
  network,
  newPerson,
}) => {
  const context = await newPerson();
  const overview = await context.newPage();
  await claimAsOwner(overview, network, 'owner@example.test', 'Lab');

  await overview.getByRole('link', { name: 'Audit log' }).click();
  await expect(overview.getByRole('heading', { name: 'Audit log', level: 1 })).toBeVisible();
  await expect(entries(overview)).toContainText(['Signed in', 'Instance claimed', 'Instance started']);
  await expect(entries(overview).first()).toContainText('owner@example.test');
  await expect(entries(overview).first()).toContainText(/Chrom.* on /);

  const audit = overview;
  const other = await context.newPage();
  await other.goto(network.instanceUrl);
  await rename(other, 'Attic');
  // Nobody touches the page of the audit log any more.
  await audit.bringToFront();
  await expect(entries(audit).first()).toContainText('Instance renamed');
  await expect(entries(audit).first()).toContainText('From “Lab” to “Attic”');

  await audit.getByLabel('What happened').selectOption('Instance renamed');
  await expect(entries(audit)).toHaveCount(1);
  await other.bringToFront();
  await rename(other, 'Cellar');
  await audit.bringToFront();
  await expect(entries(audit)).toHaveCount(2);
  await audit.getByRole('button', { name: 'Show everything' }).click();
  await expect(entries(audit)).toContainText(['Instance renamed', 'Instance renamed', 'Signed in']);

  await audit.getByRole('link', { name: 'Sessions' }).click();
  const sessions = audit.getByRole('list', { name: 'Sessions', exact: true }).getByRole('listitem');
  await expect(sessions).toHaveCount(1);
  await expect(sessions).toContainText('this browser');
  await expect(sessions).toContainText('owner@example.test');
  await expect(sessions).toContainText('127.0.0.1');
});

test('a second browser is a session of its own, and what it does appears in the first', async ({
  network,
  newPerson,
}) => {
  const first = await (await newPerson()).newPage();
  await claimAsOwner(first, network, 'owner@example.test', 'Lab');
  const second = await (await newPerson()).newPage();
  await second.goto(network.instanceUrl);
  const { cloudPage } = await startSignIn(second);
  await cloudPage.getByLabel('Email').fill('owner@example.test');
  await cloudPage.getByRole('textbox', { name: 'Password' }).fill('correct horse battery staple');
  await cloudPage.getByRole('button', { name: 'Sign in' }).click();
  await cloudPage.getByRole('button', { name: 'Approve' }).click();
  await expect(second.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();

  // The overview of the first follows, although nobody does anything there.
  await rename(second, 'Attic');
  await expect(first.getByRole('heading', { name: 'Attic', level: 1 })).toBeVisible();

  await first.getByRole('link', { name: 'Sessions' }).click();
  const sessions = first.getByRole('list', { name: 'Sessions', exact: true }).getByRole('listitem');
  await expect(sessions).toHaveCount(2);
  await expect(sessions.filter({ hasText: 'this browser' })).toHaveCount(1);

  // Nobody touches the first any more: the session that ends moves to those that have.
  await second.getByRole('button', { name: 'Sign out' }).first().click();
  await expect(second.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  const ended = first.getByRole('list', { name: 'Ended sessions' }).getByRole('listitem');
  await expect(ended).toHaveCount(1);
  await expect(ended).toContainText('Somebody signed out in this browser.');
  await expect(sessions).toHaveCount(1);
  await expect(sessions).toContainText('this browser');
  await expectAccessible(first);
  await first.getByRole('link', { name: 'Audit log' }).click();
  await expect(entries(first).first()).toContainText('Signed out');
  await expect(entries(first).first()).toContainText('owner@example.test');
  // What the cloud says of it is no news, and no token came too late.
  await expect(entries(first).filter({ hasText: /Session ended|Access refused/ })).toHaveCount(0);
});

test('a dropped line, by a restart, is followed by another: later events still appear', async ({
  network,
  newPerson,
}) => {
  const [audit, other] = [await (await newPerson()).newPage(), await (await newPerson()).newPage()];
  await claimAsOwner(audit, network, 'owner@example.test', 'Lab');
  await audit.getByRole('link', { name: 'Audit log' }).click();
  await expect(entries(audit).first()).toContainText('Signed in');

  await network.restart();
  await expect(entries(audit)).toContainText(['Instance started', 'Instance stopped', 'Signed in']);

  // Without a sign-in of its own, the other page causes an entry all the same.
  await other.goto(network.instanceUrl);
  await other.evaluate(async () => {
    await fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'DPoP forged' },
      body: '{"query":"{ viewer { id } }"}',
    });
  });
  await expect(entries(audit).first()).toContainText('Access refused');
  await expect(entries(audit).first()).toContainText('Somebody unknown');
});

test('the page outlives its access tokens: the stream of each ends with it, and the next one goes on', async ({
  browser,
}) => {
  await using network = await AdjustableNetwork.start({ access_token: 12 });
  const context = await browser.newContext();
  const page = await context.newPage();
  const streams: number[] = [];
  page.on('request', (request) => {
    if (request.postData()?.includes('subscription AuditEntryAdded')) streams.push(Date.now());
  });
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  await page.getByRole('link', { name: 'Audit log' }).click();
  await expect(entries(page).first()).toContainText('Signed in');
  await expect.poll(() => streams.length, { timeout: 45_000 }).toBeGreaterThanOrEqual(3);
  await context.request.post(`${network.instanceUrl}/graphql`, {
    headers: { authorization: 'DPoP forged' },
    data: { query: '{ viewer { id } }' },
  });
  await expect(entries(page).first()).toContainText('Access refused');
  await context.close();
});
