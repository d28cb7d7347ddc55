import { AdjustableNetwork } from '../adjustable-network.ts';
import {
  approve,
  claimAsOwner,
  expect,
  expectAccessible,
  runStartingQuery,
  signUp,
  startSignIn,
  test,
} from '../browser-test.ts';

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

test('an instance that stops while its pages are open: they keep what they know, say so once and go on', async ({
  network,
  newPerson,
}) => {
  const page = await (await newPerson()).newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Acme lab');
  const tab = (name: string) =>
    page.getByRole('navigation', { name: 'Pages of this instance' }).getByText(name);
  await tab('Audit log').click();
  await tab('Playground').click();
  await runStartingQuery(page, 'owner@example.test');
  await page.waitForLoadState('networkidle');
  await tab('Overview').click();
  await network.down();
  const alerts = page.getByRole('main').getByRole('alert');

  await expect(alerts).toContainText('This instance stopped answering');
  for (const name of ['Audit log', 'Sessions', 'Overview']) {
    await tab(name).click();
    await expect(alerts).toContainText('Nothing answers at');
    await expect(page.getByRole('banner')).toContainText('Acme lab');
    await expectAccessible(page);
    await expect(alerts).toHaveCount(1);
  }
  await expect(page.getByRole('heading', { name: 'Acme lab', level: 1 })).toBeVisible();
  await tab('Audit log').click();
  await expect(page.getByText('Paused: new entries appear again')).toBeVisible();
  await expect(page.getByRole('list', { name: 'Audit log' })).toContainText('Instance claimed');
  await tab('Playground').click();
  await expect(alerts).toContainText('This instance stopped answering');
  await page.getByRole('button', { name: /Execute query/ }).click();
  await expect(page.locator('.result-window')).toContainText('The instance gave no answer.');
  await expect(page.getByText('Failed to fetch')).toHaveCount(0);

  await tab('Audit log').click();
  await network.up();
  await expect(page.getByText('New entries appear by themselves.')).toBeVisible();
  await expect(page.getByRole('list', { name: 'Audit log' })).toContainText('Instance stopped');
  await expect(alerts).toHaveCount(0);
});

test('a playground that is opened for the first time while the instance is away comes when that is back', async ({
  network,
  newPerson,
}) => {
  const page = await (await newPerson()).newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Acme lab');
  await network.down();
  await page.getByRole('link', { name: 'Playground', exact: true }).click();
  await expect(page.getByText('The playground could not be loaded')).toBeVisible();
  await expect(page.getByText('This instance stopped answering')).toBeVisible();
  await network.up();
  await expect(page.getByRole('button', { name: /Execute query/ })).toBeVisible();
});
