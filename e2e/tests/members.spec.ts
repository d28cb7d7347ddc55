import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { repositoryRoot } from '../../scripts/builds.cjs';
import {
  approve,
  claimAsOwner,
  expect,
  expectAccessible,
  password,
  signUp,
  startSignIn,
  test,
} from '../browser-test.ts';
import type { TestNetwork } from '../test-network.ts';

const ada = 'ada@example.test';
const bob = 'bob@example.test';

/** What the operator types while the cloud runs. */
function operate({ dataPath }: TestNetwork, ...args: string[]): void {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['scripts/bin/holdfast-cloud.cjs', ...args, '--data-path', join(dataPath, 'cloud')],
    { cwd: repositoryRoot, encoding: 'utf8' },
  );
  expect(status, stderr).toBe(0);
  // Without a mail server nobody confirms an address, and whoever lets one in is warned.
  expect(stderr).toMatch(
    args[1] === 'set' ? /^Nobody has confirmed the email address of this account: .*\n$/ : /^$/,
  );
}

/** Ada's instance, and the page of Bob, who is an admin there. */
async function asAdmin(page: Page, network: TestNetwork): Promise<void> {
  await page.goto(network.cloudUrl);
  await signUp(page, bob);
  await expect(page.getByRole('heading', { name: 'Your instances' })).toBeVisible();
  operate(network, 'members', 'set', ada, bob, 'admin');
  await page.goto(network.instanceUrl);
  const { cloudPage } = await startSignIn(page);
  await approve(cloudPage);
  await cloudPage.close();
  await expect(page.getByRole('button', { name: 'Rename instance' })).toBeVisible();
}

test('row 28: another role is in the open page within 2 s, without a new sign-in', async ({
  network,
  newPerson,
}) => {
  await claimAsOwner(await (await newPerson()).newPage(), network, ada, 'Lab');
  const page = await (await newPerson()).newPage();
  await asAdmin(page, network);
  operate(network, 'members', 'set', ada, bob, 'viewer');
  await expect(page.getByText('viewer', { exact: true })).toBeVisible({ timeout: 2_000 });
  await expect(page.getByRole('button', { name: 'Rename instance' })).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
  operate(network, 'members', 'remove', ada, bob);
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible({ timeout: 2_000 });
});

test('row 28: an account that is disabled is out of the open page within 2 s, and told so at the cloud', async ({
  network,
  newPerson,
}) => {
  await claimAsOwner(await (await newPerson()).newPage(), network, ada, 'Lab');
  const page = await (await newPerson()).newPage();
  await asAdmin(page, network);
  operate(network, 'accounts', 'disable', bob);
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible({ timeout: 2_000 });
  await page.goto(network.cloudUrl);
  await page.getByLabel('Email').fill(bob);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('This account cannot be used at the moment');
  await expectAccessible(page);
});
