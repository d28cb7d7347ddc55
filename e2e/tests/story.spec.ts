import { existsSync } from 'node:fs';
import type { Page } from 'playwright/test';
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

test('from the printed address to the playground, and still signed in after a restart', async ({
  network,
  newPerson,
}) => {
  const owner = await newPerson();
  const page = await owner.newPage();

  await test.step('the page shows an unclaimed instance and keeps the claim code out of the address bar', async () => {
    await page.goto(network.printedUrl);
    await expect(page.getByText('This instance has no owner yet')).toBeVisible();
    expect(page.url()).not.toContain('claim');
  });

  const { userCode, cloudPage } = await startSignIn(page);
  await test.step('code, countdown, QR code and cancel are there while pending', async () => {
    expect(userCode).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    await expect(page.getByText('The code expires in')).toBeVisible();
    await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Cancel' })).toBeVisible();
  });

  await test.step('the cloud asks who decides, then shows what asks', async () => {
    await signUp(cloudPage, 'owner@example.test');
    await expect(cloudPage.getByRole('heading', { name: 'Approve this sign-in?' })).toBeVisible();
    expect(cloudPage.url()).not.toContain(userCode);
    await expect(cloudPage.getByText(userCode)).toBeVisible();
    await expect(cloudPage.getByText(network.instanceUrl).first()).toBeVisible();
    await expect(cloudPage.getByText('This instance has no owner yet')).toBeVisible();
    await expect(page.getByText('waiting for your approval')).toBeVisible();
  });

  await test.step('after the approval the instance is claimed without another word', async () => {
    await approve(cloudPage, 'Engagement Acme');
    await expect(page.getByRole('heading', { name: 'Engagement Acme', level: 1 })).toBeVisible();
    expect(existsSync(network.claimCodePath)).toBe(false);
  });

  const { id } = await network.publicInstance();
  await test.step('the overview tells everything about the instance', async () => {
    for (const fact of [id, network.cloudUrl, `${network.dataPath}/instance`, 'owner@example.test']) {
      await expect(page.getByText(fact).first()).toBeVisible();
    }
    await expect(page.getByText('Key file').first()).toContainText(`${network.configHome}/holdfast/keys/`);
    await expect(page.getByText('ends in')).toBeVisible();
  });

  await test.step('the instance is renamed', async () => {
    await page.getByRole('button', { name: 'Rename instance' }).click();
    await page.getByLabel('Instance name').fill('Acme, autumn');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByRole('heading', { name: 'Acme, autumn', level: 1 })).toBeVisible();
    await expect(page).toHaveTitle('Acme, autumn · Holdfast');
  });

  await test.step('the playground runs an authenticated query', async () => {
    await page.goto(`${network.instanceUrl}/graphql`);
    await expect(page).toHaveURL(`${network.instanceUrl}/playground`);
    await runStartingQuery(page, 'owner@example.test');
    await expect(page.locator('.result-window')).toContainText('owner’s workspace');
    // Where Monaco frames characters that look like others, it does so a moment after they were shown.
    await page.waitForTimeout(1_000);
    await expect(page.locator('.result-window .unicode-highlight')).toHaveCount(0);
  });

  await test.step('the launcher knows this instance', async () => {
    await page.goto(`${network.instanceUrl}/launcher`);
    await expect(page.getByRole('listitem').filter({ hasText: network.instanceUrl })).toContainText(
      /signed in/i,
    );
  });

  await test.step('browser closed, both processes restarted: still signed in, same registration', async () => {
    const profile = await owner.storageState({ indexedDB: true });
    expect(profile.origins.length).toBeGreaterThan(0);
    await page.close();
    await network.restart();
    const reopened = await owner.newPage();
    await reopened.goto(network.printedUrl);
    await expect(reopened.getByRole('heading', { name: 'Acme, autumn', level: 1 })).toBeVisible();
    expect((await network.publicInstance()).id).toBe(id);

    await expect.poll(async () => playgroundKeys(reopened)).not.toEqual([]);
    await reopened.getByRole('button', { name: 'Sign out' }).first().click();
    await expect(reopened.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
    expect(await playgroundKeys(reopened)).toEqual([]);
    await reopened.reload();
    await expect(reopened.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  });
});

test('without the code in the address, the page asks for it and counts wrong ones', async ({
  network,
  newPerson,
}) => {
  const page = await (await newPerson()).newPage();
  await page.goto(network.instanceUrl);
  const { cloudPage } = await startSignIn(page);
  await signUp(cloudPage, 'owner@example.test');
  await approve(cloudPage, 'Lab');

  const field = page.getByLabel('Claim code');
  await expect(page.getByText('in the terminal that runs the instance')).toBeVisible();
  await field.fill('nonsense');
  await page.getByRole('button', { name: 'Claim' }).click();
  await expect(page.getByText('A claim code has ten letters and digits')).toBeVisible();
  await field.fill('00000-00000');
  await page.getByRole('button', { name: 'Claim' }).click();
  await expect(page.getByText('4 tries are left')).toBeVisible();

  // As a person types it: small letters, no dash.
  await field.fill(network.claimCode.replace('-', '').toLowerCase());
  await page.getByRole('button', { name: 'Claim' }).click();
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
});

test('the address of an earlier start costs no try and says what it is', async ({ network, newPerson }) => {
  const former = network.printedUrl;
  await network.restart();
  expect(network.printedUrl).not.toBe(former);
  const page = await (await newPerson()).newPage();
  await page.goto(former);
  const { cloudPage } = await startSignIn(page);
  await signUp(cloudPage, 'owner@example.test');
  await approve(cloudPage, 'Lab');
  await expect(page.getByText('This address is from an earlier start of the instance.')).toBeVisible();
  await expect(page.getByText('5 tries are left')).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel('Claim code').fill(network.printedUrl);
  await page.getByRole('button', { name: 'Claim' }).click();
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
});

test('a locked claim stays locked over a reload, until the instance is restarted', async ({
  network,
  newPerson,
}) => {
  const page = await (await newPerson()).newPage();
  await page.goto(network.instanceUrl);
  const { cloudPage } = await startSignIn(page);
  await signUp(cloudPage, 'owner@example.test');
  await approve(cloudPage, 'Lab');
  await expect(page.getByText('5 tries are left')).toBeVisible();
  for (const left of ['4 tries are', '3 tries are', '2 tries are', '1 try is']) {
    await page.getByLabel('Claim code').fill('00000-00000');
    await page.getByRole('button', { name: 'Claim' }).click();
    await expect(page.getByText(`${left} left`)).toBeVisible();
  }
  await page.reload();
  await expect(page.getByText('1 try is left')).toBeVisible();
  await page.getByLabel('Claim code').fill('00000-00000');
  await page.getByRole('button', { name: 'Claim' }).click();
  await expect(page.getByText('it was the last try')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Claiming is locked' })).toBeVisible();
  await expect(page.getByLabel('Claim code')).toBeHidden();

  await network.restart();
  await page.getByLabel('Claim code').fill(network.claimCode);
  await page.getByRole('button', { name: 'Claim' }).click();
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
});

test('a second account hears in both pages that the instance belongs to someone else', async ({
  network,
  newPerson,
}) => {
  const owner = await newPerson();
  await claimAsOwner(await owner.newPage(), network, 'owner@example.test', 'Lab');

  const stranger = await newPerson();
  const page = await stranger.newPage();
  await page.goto(network.instanceUrl);
  const { cloudPage } = await startSignIn(page);
  await signUp(cloudPage, 'stranger@example.test');
  await expect(cloudPage.getByText('belongs to someone else').first()).toBeVisible();
  await expect(cloudPage.getByRole('button', { name: 'Approve' })).toHaveCount(0);
  await cloudPage.getByRole('button', { name: 'End the sign-in' }).click();
  await expect(page.getByText('belongs to someone else').first()).toBeVisible();
  await page.goto(`${network.instanceUrl}/playground`);
  await expect(page.getByRole('heading', { name: 'Sign in first' })).toBeVisible();
});

test('a code that is over is forgotten by the approval page', async ({ network, newPerson }) => {
  const page = await (await newPerson()).newPage();
  await page.goto(network.instanceUrl);
  const { userCode, cloudPage } = await startSignIn(page);
  await signUp(cloudPage, 'owner@example.test');
  await cloudPage.getByRole('button', { name: 'Deny' }).click();
  await cloudPage.getByRole('button', { name: 'Enter another code' }).click();
  await cloudPage.getByRole('textbox', { name: 'Code' }).fill(userCode);
  await cloudPage.getByRole('button', { name: 'Continue' }).click();
  await expect(cloudPage.getByText('This code was already used')).toBeVisible();
  await cloudPage.reload();
  await expect(cloudPage.getByRole('textbox', { name: 'Code' })).toHaveValue('');
  await expect(cloudPage.getByText('This code was already used')).toBeHidden();
});

test('a denied sign-in says so and starts again', async ({ network, newPerson }) => {
  const page = await (await newPerson()).newPage();
  await page.goto(network.printedUrl);
  const { userCode, cloudPage } = await startSignIn(page);
  await signUp(cloudPage, 'owner@example.test');
  await cloudPage.getByRole('button', { name: 'Deny' }).click();
  await expect(cloudPage.getByRole('heading', { name: 'Denied' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'You are not signed in' })).toBeVisible();

  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText('waiting for your approval')).toBeVisible();
  await expect(page.getByText(userCode)).toBeHidden();
});

/** What the playgrounds keep in this browser. */
async function playgroundKeys(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    Object.keys(localStorage).filter((key) => key.startsWith('holdfast.playground.')),
  );
}
