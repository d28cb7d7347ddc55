import { AdjustableNetwork } from '../adjustable-network.ts';
import { approve, expect, signUp, startSignIn, test } from '../browser-test.ts';

// What happens to a sign-in that is under way.

test('a code that expires while pending: both pages say so, and a new one is offered', async ({
  browser,
}) => {
  await using network = await AdjustableNetwork.start({ device_code: 12 });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(network.printedUrl);
  const { userCode, cloudPage } = await startSignIn(page);
  await signUp(cloudPage, 'owner@example.test');
  await expect(cloudPage.getByRole('heading', { name: 'Approve this sign-in?' })).toBeVisible();

  await expect(page.getByRole('heading', { name: /expired/i })).toBeVisible();
  await expect(cloudPage.getByText(/has expired/i)).toBeVisible();
  await page.getByRole('button', { name: /new code/i }).click();
  await expect(page.getByText('waiting for your approval')).toBeVisible();
  await expect(page.getByText(userCode)).toBeHidden();
  await context.close();
});

test('a cloud that is away while pending: the page says so and keeps asking', async ({ browser }) => {
  await using network = await AdjustableNetwork.start();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(network.printedUrl);
  const { cloudPage } = await startSignIn(page);
  await signUp(cloudPage, 'owner@example.test');
  await expect(cloudPage.getByRole('heading', { name: 'Approve this sign-in?' })).toBeVisible();

  await network.cloudDown();
  await expect(page.getByText('The cloud does not answer')).toBeVisible();
  await cloudPage.getByRole('button', { name: 'Approve' }).click();
  await expect(cloudPage.getByText(/does not answer|cannot be reached/i).first()).toBeVisible();

  await network.cloudUp();
  await approve(cloudPage, 'Lab');
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
  await context.close();
});

test('cancelled: the page forgets the code, and approving it later signs nobody in', async ({ browser }) => {
  await using network = await AdjustableNetwork.start();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(network.printedUrl);
  const { cloudPage } = await startSignIn(page);
  await signUp(cloudPage, 'owner@example.test');
  await expect(cloudPage.getByRole('heading', { name: 'Approve this sign-in?' })).toBeVisible();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await approve(cloudPage, 'Lab');
  await page.waitForTimeout(6_000);
  expect(
    await page.evaluate((key) => localStorage.getItem(key), `holdfast.session.${network.instanceUrl}`),
  ).toBeNull();
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await context.close();
});
