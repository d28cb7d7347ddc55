import type { Page } from 'playwright/test';
import {
  approve,
  claimAsOwner,
  expect,
  expectAccessible,
  openedBy,
  runStartingQuery,
  signUp,
  startSignIn,
  test,
} from '../browser-test.ts';
import { TestNetwork } from '../test-network.ts';

// Every page and every state of it that a person can meet: WCAG 2.2 AA in light and dark, and usable at 320 CSS pixels
// (success criterion 1.4.10, reflow).

test.setTimeout(300_000);

async function expectUsable(page: Page): Promise<void> {
  await expectAccessible(page);
  const wide = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const overflow = async () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await expect
    .poll(overflow, { message: `${page.url()} scrolls sideways at 320 pixels` })
    .toBeLessThanOrEqual(0);
  if (wide) await page.setViewportSize(wide);
}

/** The links to the pages of the instance share one line, whole, and each is large enough to hit (2.5.8, target size). */
async function expectLinksInOneLine(page: Page): Promise<void> {
  const wide = page.viewportSize();
  const links = page.getByRole('navigation', { name: 'Pages of this instance' }).getByRole('link');
  for (const width of [320, 360, 400]) {
    await page.setViewportSize({ width, height: 640 });
    const boxes = await Promise.all((await links.all()).map(async (link) => link.boundingBox()));
    expect(boxes).toHaveLength(4);
    for (const box of boxes) {
      expect(box?.y, `at ${width} pixels`).toBe(boxes[0]?.y);
      expect(box?.x, `at ${width} pixels`).toBeGreaterThanOrEqual(0);
      expect((box?.x ?? 0) + (box?.width ?? 0), `at ${width} pixels`).toBeLessThanOrEqual(width);
      expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(24);
    }
  }
  if (wide) await page.setViewportSize(wide);
}

/** Where letters are so large that the links do not fit, the one that the keyboard comes to is scrolled into view. */
async function expectLinksToScroll(page: Page): Promise<void> {
  const wide = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const largeLetters = await page.addStyleTag({ content: 'html { font-size: 200% !important; }' });
  const links = page.getByRole('navigation', { name: 'Pages of this instance' }).getByRole('link');
  await links.first().focus();
  for (const link of (await links.all()).slice(1)) {
    await page.keyboard.press('Tab');
    await expect(link).toBeFocused();
    await expect(link).toBeInViewport({ ratio: 0.95 });
  }
  await largeLetters.evaluate((element) => (element as Element).remove());
  if (wide) await page.setViewportSize(wide);
}

test('every page on the way in', async ({ network, newPerson }) => {
  const page = await (await newPerson()).newPage();
  await page.goto(network.instanceUrl);
  await expect(page.getByText('This instance has no owner yet')).toBeVisible();
  await expectUsable(page);

  const { cloudPage } = await startSignIn(page);
  await expectUsable(page);
  // Nobody could sign in yet.
  await expect(cloudPage.getByRole('heading', { name: 'Create an account' })).toBeVisible();
  await expectUsable(cloudPage);
  await cloudPage.getByRole('button', { name: 'Create account' }).click();
  await expect(cloudPage.getByText(/at least 12 characters/i).first()).toBeVisible();
  await expectUsable(cloudPage);
  await cloudPage.getByRole('link', { name: 'Sign in' }).click();
  await expect(cloudPage.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expectUsable(cloudPage);
  await cloudPage.getByRole('button', { name: 'Sign in' }).click();
  await expect(cloudPage.getByText('Enter your email')).toBeVisible();
  await expectUsable(cloudPage);
  await signUp(cloudPage, 'owner@example.test');
  await expect(cloudPage.getByRole('heading', { name: 'Approve this sign-in?' })).toBeVisible();
  await expectUsable(cloudPage);
  await approve(cloudPage, 'Lab');
  await expectUsable(cloudPage);

  const code = page.getByLabel('Claim code');
  await expect(code).toBeVisible();
  // What is only for members is not linked yet, and says so at its own address.
  await expect(page.getByRole('navigation', { name: 'Pages of this instance' })).toHaveCount(0);
  await expectUsable(page);
  await page.goto(`${network.instanceUrl}/sessions`);
  await expect(page.getByRole('heading', { name: 'This instance has no owner yet' })).toBeVisible();
  await expectUsable(page);
  await page.getByRole('link', { name: 'Claim it' }).click();
  await expect(code).toBeVisible();
  for (let tries = 4; tries >= 0; tries--) {
    await code.fill('00000-00000');
    await page.getByRole('button', { name: 'Claim' }).click();
    await expect(
      page
        .getByText(tries === 0 ? /locked/i : `${tries} ${tries === 1 ? 'try is' : 'tries are'} left`)
        .first(),
    ).toBeVisible();
  }
  await expectUsable(page);
});

test('every page of a denied, a foreign and an unreachable instance', async ({ network, newPerson }) => {
  const owner = await (await newPerson()).newPage();
  await claimAsOwner(owner, network, 'owner@example.test', 'Lab');

  const page = await (await newPerson()).newPage();
  await page.goto(network.instanceUrl);
  const first = await startSignIn(page);
  await signUp(first.cloudPage, 'stranger@example.test');
  await first.cloudPage.getByRole('button', { name: 'End the sign-in' }).click();
  await expect(first.cloudPage.getByRole('heading', { name: 'Denied' })).toBeVisible();
  await expectUsable(first.cloudPage);
  await expect(page.getByRole('heading', { name: 'You are not signed in' })).toBeVisible();
  await expectUsable(page);

  await first.cloudPage.goto(`${network.cloudUrl}/device`);
  await first.cloudPage.getByRole('textbox').fill('BCDF-GHJK');
  await first.cloudPage.getByRole('button', { name: 'Continue' }).click();
  await expect(first.cloudPage.getByText('This cloud does not know the code')).toBeVisible();
  await expectUsable(first.cloudPage);
  await first.cloudPage.close();

  await expect(page.getByRole('button', { name: 'Try again' })).toBeVisible();
  const second = await openedBy(page, page.getByRole('button', { name: 'Try again' }));
  await expect(second.getByText('belongs to someone else').first()).toBeVisible();
  await expectUsable(second);
  await second.getByRole('button', { name: 'End the sign-in' }).click();
  await expect(page.getByText('belongs to someone else').first()).toBeVisible();
  await expectUsable(page);

  await page.goto(network.instanceUrl);
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await network.down();
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByText(/does not answer|cannot be reached/i).first()).toBeVisible();
  await expectUsable(page);
});

test('every page of a member', async ({ network, newPerson }) => {
  await using other = await TestNetwork.start();
  const nowhere = 'http://127.0.0.1:9';
  const context = await newPerson({ servers: [other, { instanceUrl: nowhere, cloudUrl: nowhere }] });
  const page = await context.newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  await expectUsable(page);
  await expectLinksInOneLine(page);
  await expectLinksToScroll(page);
  await page.getByRole('button', { name: 'Rename instance' }).click();
  await page.getByLabel('Instance name').fill('');
  await page.getByRole('button', { name: 'Save' }).click();
  await expectUsable(page);
  await page.getByRole('button', { name: 'Account' }).click();
  await expect(page.getByRole('dialog', { name: 'Account' })).toBeVisible();
  await expectUsable(page);

  await page.getByRole('link', { name: 'Audit log' }).click();
  await expect(page.getByRole('list', { name: 'Audit log' }).getByText('Signed in')).toBeVisible();
  await expectUsable(page);
  await page.getByLabel('How it went').selectOption('Failed');
  await expect(page.getByText('Nothing of this kind has happened.')).toBeVisible();
  await expectUsable(page);
  await page.getByRole('link', { name: 'Sessions' }).click();
  await expect(page.getByText('this browser', { exact: true })).toBeVisible();
  await expectUsable(page);

  await page.goto(`${network.instanceUrl}/launcher`);
  await page.getByRole('textbox', { name: 'Address' }).fill(other.instanceUrl);
  await page.getByRole('button', { name: 'Test and save' }).click();
  const card = page.getByRole('article').nth(1);
  await expect(card).toContainText(/unclaimed/i);
  await other.down();
  await expect(card).toContainText(/offline/i);
  await page.getByRole('textbox', { name: 'Address' }).fill(nowhere);
  await page.getByRole('button', { name: 'Test and save' }).click();
  await expect(page.getByRole('button', { name: 'Save it anyway' })).toBeVisible();
  await expectUsable(page);
  await card.getByRole('button', { name: /^More for/ }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectUsable(page);

  for (const path of ['/no-such-page', '/instances/unknown']) {
    await page.goto(network.instanceUrl + path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectUsable(page);
  }
  await page.goto(`${network.instanceUrl}/playground`);
  await runStartingQuery(page, 'owner@example.test');
  await expectAccessible(page);
  await page.setViewportSize({ width: 360, height: 800 });
  const editor = await page.locator('.graphiql-query-editor > .graphiql-editor').boundingBox();
  // Less than 360 where the page has a scroll bar.
  const available = await page.evaluate(() => document.documentElement.clientWidth);
  expect((editor?.width ?? 0) / available, `of ${available} pixels`).toBeGreaterThan(0.75);
  expect(editor?.height).toBeGreaterThan(150);
  await expectAccessible(page);

  const cloudPage = await context.newPage();
  await cloudPage.goto(network.cloudUrl);
  await expect(cloudPage.getByText('Lab')).toBeVisible();
  await expectUsable(cloudPage);
  await cloudPage.goto(`${network.cloudUrl}/no-such-page`);
  await expectUsable(cloudPage);
});
