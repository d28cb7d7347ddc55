import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Page } from 'playwright/test';
import {
  expect,
  expectAccessible,
  matchCodeOf,
  password,
  signUp,
  startSignIn,
  test,
} from '../browser-test.ts';
import { ServedInstance } from '../served-instance.ts';
import type { TestNetwork } from '../test-network.ts';

// Row 6: a server is enrolled without anybody at it.

test.setTimeout(180_000);

/** Also usable at 320 CSS pixels (WCAG 2.2, success criterion 1.4.10). */
async function expectUsable(page: Page): Promise<void> {
  await expectAccessible(page);
  const wide = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const overflow = async () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  await expect.poll(overflow, { message: `${page.url()} scrolls sideways` }).toBeLessThanOrEqual(0);
  await expectAccessible(page);
  if (wide) await page.setViewportSize(wide);
}

/** Makes a key by keyboard alone, and returns it. */
async function makeKey(page: Page, label: string): Promise<string> {
  await page.getByRole('button', { name: 'Make a key' }).press('Enter');
  await expect(page.getByLabel('What it is for')).toBeFocused();
  await page.keyboard.type(label);
  await page.keyboard.press('Enter');
  return shownKey(page);
}

async function shownKey(page: Page): Promise<string> {
  const dialog = page.getByRole('dialog', { name: 'Your registration key' });
  await expect(dialog).toBeVisible();
  return (await dialog.locator('code').first().textContent()) ?? '';
}

/** As if everybody had signed in, or confirmed who they are, longer ago than that counts. */
function letConfirmationsAge(network: TestNetwork): void {
  const database = new DatabaseSync(join(network.dataPath, 'cloud', 'cloud.db'), { timeout: 5_000 });
  const longAgo = new Date(Date.now() - 301_000).toISOString();
  database.prepare('update session set createdAt = ?, confirmedAt = ?').run(longAgo, longAgo);
  database.close();
}

function everythingBelow(directory: string): Buffer {
  const files = readdirSync(directory, { withFileTypes: true, recursive: true }).filter((entry) =>
    entry.isFile(),
  );
  return Buffer.concat(files.map(({ parentPath, name }) => readFileSync(join(parentPath, name))));
}

test('a key made on the page makes an instance its owner’s at once, and no second one', async ({
  network,
  newPerson,
}) => {
  await using server = await ServedInstance.create(network);
  await using copy = await ServedInstance.create(network);
  const context = await newPerson({ servers: [server, copy] });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const account = await context.newPage();
  await account.goto(`${network.cloudUrl}/registration-keys`);
  await signUp(account, 'ada@example.test');
  await expect(account.getByText('There is no key yet')).toBeVisible();
  await expectUsable(account);

  const key = await test.step('the page shows the key once', async () => {
    await account.getByRole('button', { name: 'Make a key' }).click();
    await expect(account.getByRole('dialog')).toBeVisible();
    await expectUsable(account);
    await account.getByRole('button', { name: 'Make the key' }).click();
    await expect(account.getByText('Enter what the key is for.')).toBeVisible();
    await expectUsable(account);
    await account.getByLabel('What it is for').fill('Build machine');
    await account.getByRole('button', { name: 'Make the key' }).click();
    const shown = await shownKey(account);
    expect(shown).toMatch(/^hfkey_[\w-]{43}$/);
    await expectUsable(account);
    await account.getByRole('button', { name: 'Copy the registration key' }).click();
    await expect.poll(() => account.evaluate(async () => navigator.clipboard.readText())).toBe(shown);
    await account.getByRole('button', { name: 'I have kept it' }).click();
    await expect(account.getByRole('list', { name: 'Registration keys' })).toContainText('Build machine');
    expect(await account.content()).not.toContain(shown);
    await expectUsable(account);
    return shown;
  });
  const keyFile = join(server.root, 'registration.key');
  writeFileSync(keyFile, `${key}\n`, { mode: 0o600 });

  await test.step('the instance that starts with it is hers, without a claim code', async () => {
    await server.up(['--registration-key-file', keyFile]);
    await expect.poll(() => server.output).toContain('claimed by registration key');
    expect(server.output).not.toContain('#claim=');
    await account.goto(network.cloudUrl);
    await expect(account.getByRole('heading', { name: 'Build machine' })).toBeVisible();
    const page = await context.newPage();
    await page.goto(server.instanceUrl);
    const { cloudPage } = await startSignIn(page);
    await expect(cloudPage.getByText('First sign-in to this instance from this address')).toBeVisible();
    await expectUsable(cloudPage);
    await cloudPage.getByRole('textbox', { name: 'Match code' }).fill(await matchCodeOf(page));
    await cloudPage.getByRole('button', { name: 'Approve' }).click();
    await expect(page.getByRole('heading', { name: 'Build machine', level: 1 })).toBeVisible();
    await page.getByRole('button', { name: 'Sign out' }).first().click();
    const { cloudPage: again } = await startSignIn(page);
    await expect(again.getByText('Started in this browser')).toBeVisible();
    await again.getByRole('button', { name: 'Approve' }).click();
    await expect(page.getByRole('heading', { name: 'Build machine', level: 1 })).toBeVisible();
    await page.getByRole('link', { name: 'Audit log' }).click();
    await expect(page.getByText('by registration key')).toBeVisible();
  });

  await test.step('the file that stays does nothing at the next start', async () => {
    await server.down();
    await server.up(['--registration-key-file', keyFile]);
    await expect.poll(async () => stateOf(server)).toBe('CLAIMED');
  });

  await test.step('a second instance is refused, ends with what to do, and was never anybody’s to claim', async () => {
    await copy.up([], { HOLDFAST_REGISTRATION_KEY: key });
    expect(await copy.ended()).toBe(1);
    expect(copy.output).toMatch(
      /refuses the registration key.*have an owner of the workspace make a new one/is,
    );
    expect(copy.output).not.toContain('#claim=');
  });

  await test.step('the list says that it was used up', async () => {
    await account.goto(`${network.cloudUrl}/registration-keys`);
    await expect(account.getByText('used up')).toBeVisible();
  });

  await test.step('the key is in no log, and on no disk but in its file', async () => {
    const secret = key.slice('hfkey_'.length);
    expect(`${network.output}${server.output}${copy.output}`).not.toContain(secret);
    for (const directory of [network.dataPath, join(server.root, 'data'), join(copy.root, 'data')])
      expect(everythingBelow(directory).includes(secret), directory).toBe(false);
  });
});

test('a key takes a confirmation, and is revoked', async ({ network, newPerson }) => {
  await using server = await ServedInstance.create(network);
  const page = await (await newPerson()).newPage();
  await page.goto(`${network.cloudUrl}/registration-keys`);
  await signUp(page, 'ada@example.test');
  await expect(page.getByText('There is no key yet')).toBeVisible();
  letConfirmationsAge(network);
  await page.getByRole('button', { name: 'Make a key' }).click();
  await page.getByLabel('What it is for').fill('Server');
  await page.getByRole('button', { name: 'Make the key' }).click();
  const confirm = page.getByRole('dialog', { name: 'Confirm that it is you' });
  await expect(confirm).toBeVisible();
  await expectUsable(page);
  await confirm.getByRole('textbox', { name: 'password' }).fill(password);
  await confirm.getByRole('button', { name: 'Confirm' }).click();
  await shownKey(page);
  await page.keyboard.press('Enter');
  const key = await makeKey(page, 'Second server');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog')).toBeHidden();

  await page.getByRole('button', { name: /^Revoke Second server/ }).click();
  await expect(page.getByText('revoked')).toBeVisible();
  await expectUsable(page);
  await server.up([], { HOLDFAST_REGISTRATION_KEY: key });
  await expect.poll(() => server.output).toContain('refuses the registration key');
  expect(await server.ended()).toBe(1);
});

async function stateOf({ instanceUrl }: ServedInstance): Promise<string> {
  const response = await fetch(`${instanceUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ instance { state } }' }),
  });
  const { data } = (await response.json()) as { data: { instance: { state: string } } };
  return data.instance.state;
}
