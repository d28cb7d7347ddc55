import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { BrowserContext, Page } from 'playwright/test';
import { authenticatorCode, earlierAuthenticatorCode } from '../authenticator-app.ts';
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

const email = 'ada@example.test';

/** A new account's security page. */
async function openSecurity(context: BrowserContext, network: TestNetwork): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${network.cloudUrl}/security`);
  await signUp(page, email);
  await expect(page.getByRole('heading', { name: 'Security', level: 1 })).toBeVisible();
  return page;
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test('a password that is easy to guess is refused, with a reason', async ({ network, newPerson }) => {
  const page = await (await newPerson()).newPage();
  await page.goto(`${network.cloudUrl}/sign-up`);
  await page.getByLabel('Name').fill('Ada');
  await page.getByLabel('Email').fill(email);
  const field = page.getByRole('textbox', { name: 'Password' });
  await field.fill('password1234');
  await expect(page.getByText('Too easy to guess. It is close to a much used password.')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('alert')).toContainText('This password is too easy to guess');
  await field.fill(password);
  await expect(page.getByText('Hard to guess.')).toBeVisible();
  await expectAccessible(page);
});

test('a session is ended from another browser', async ({ network, newPerson }) => {
  const desk = await openSecurity(await newPerson(), network);
  const phone = await (await newPerson()).newPage();
  await phone.goto(network.cloudUrl);
  await signIn(phone);
  await expect(phone.getByRole('heading', { name: 'Your instances' })).toBeVisible();

  await desk.reload();
  const sessions = desk.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
  await expect(sessions).toHaveCount(2);
  await expectAccessible(desk);
  await desk.getByRole('button', { name: /^Sign out .* on/ }).click();
  await expect(sessions).toHaveCount(1);
  await phone.reload();
  await expect(phone.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await desk.reload();
  await expect(sessions).toContainText(['this browser']);
});

test('row 58: whoever leaves a borrowed computer is asked there, and signs out at the instance, too', async ({
  network,
  newPerson,
}) => {
  const borrowed = await newPerson();
  const instance = await borrowed.newPage();
  await claimAsOwner(instance, network, email, 'Lab');
  const cloudPage = await borrowed.newPage();
  await cloudPage.goto(network.cloudUrl);
  const signOut = cloudPage.getByRole('button', { name: 'Sign out', exact: true });
  await signOut.click();
  const question = cloudPage.getByRole('dialog', { name: 'Sign out at your instances, too?' });
  await expect(question).toContainText('You stay signed in at one instance');
  await expect(question.getByRole('button', { name: 'Sign out there too' })).toBeFocused();
  await expectAccessible(cloudPage);
  await cloudPage.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await expect(signOut).toBeFocused();
  await cloudPage.keyboard.press('Enter');
  await expect(question.getByRole('button', { name: 'Sign out there too' })).toBeFocused();
  await instance.bringToFront();
  await question.getByRole('button', { name: 'Sign out there too' }).click();
  await expect(cloudPage.getByRole('status')).toContainText('signed out of this cloud and at one instance');
  await expect(instance.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible({
    timeout: 2_000,
  });
  await expectAccessible(cloudPage);

  await test.step('and with nothing left there, one click is enough', async () => {
    await signIn(cloudPage);
    await signOut.click();
    await expect(cloudPage.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    await expect(cloudPage.getByRole('status')).toContainText('sign-ins at your instances stay');
  });
});

test('row 28: a session that is ended takes its sign-in at an instance along, seen there within 2 s', async ({
  network,
  newPerson,
}) => {
  const desk = await newPerson();
  const instance = await desk.newPage();
  await claimAsOwner(instance, network, email, 'Lab');
  const phone = await newPerson();
  const cloudPage = await phone.newPage();
  await cloudPage.goto(network.cloudUrl);
  await signIn(cloudPage);
  await expect(cloudPage.getByRole('heading', { name: 'Your instances' })).toBeVisible();
  const elsewhere = await phone.newPage();
  await elsewhere.goto(network.instanceUrl);
  const { cloudPage: approval } = await startSignIn(elsewhere);
  await approve(approval);
  await expect(elsewhere.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
  await elsewhere.bringToFront();

  const security = await desk.newPage();
  await security.goto(`${network.cloudUrl}/security`);
  await security.getByRole('button', { name: /^Sign out .* on/ }).click();
  await expect(elsewhere.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible({
    timeout: 2_000,
  });
  await instance.reload();
  await expect(instance.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();

  await test.step('and so does an instance that its owner removes from the list', async () => {
    await security.goto(network.cloudUrl);
    await security.getByRole('button', { name: 'Remove Lab' }).click();
    const dialog = security.getByRole('dialog', { name: 'Remove Lab?' });
    await expect(dialog.getByRole('button', { name: 'Cancel' })).toBeFocused();
    await expectAccessible(security);
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await instance.bringToFront();
    await expect(instance.getByRole('heading', { name: 'Lab', level: 1 })).toBeHidden({ timeout: 2_000 });
    await expect(security.getByRole('heading', { name: 'No instance is yours yet' })).toBeVisible();
    await expect(security.getByRole('heading', { name: 'Your instances' })).toBeFocused();
  });
});

/** As if everybody had signed in, or confirmed who they are, longer ago than that counts. */
function letConfirmationsAge(network: TestNetwork): void {
  const database = new DatabaseSync(join(network.dataPath, 'cloud', 'cloud.db'), { timeout: 5_000 });
  const longAgo = new Date(Date.now() - 301_000).toISOString();
  database.prepare('update session set createdAt = ?, confirmedAt = ?').run(longAgo, longAgo);
  database.close();
}

test('two-step sign-in: turned on, asked for, recovered from, turned off', async ({ network, newPerson }) => {
  const page = await openSecurity(await newPerson(), network);
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(page.getByRole('img', { name: 'QR code for your authenticator app' })).toBeVisible();
  await expectAccessible(page);
  const secret = ((await page.getByRole('dialog').locator('code').textContent()) ?? '').replaceAll(' ', '');
  await page.getByLabel('Code that the app shows').fill(await earlierAuthenticatorCode(secret));
  await page.getByRole('dialog').getByRole('button', { name: 'Turn on' }).click();
  const codes = page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
  await expect(codes).toHaveCount(10);
  await expectAccessible(page);
  await expect(page.getByRole('list', { name: 'Recovery codes' })).toBeFocused();
  await page.keyboard.press('Enter');
  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('holdfast-recovery-codes.txt');
  expect(readFileSync(await download.path(), 'utf8')).toContain((await codes.allTextContents()).join('\n'));
  const recoveryCode = (await codes.first().textContent()) ?? '';
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await expect(page.getByText('10 recovery codes are left')).toBeVisible();

  const phone = await (await newPerson()).newPage();
  await phone.goto(network.cloudUrl);
  await signIn(phone);
  await expect(phone.getByRole('heading', { name: 'Enter your code' })).toBeVisible();
  await expectAccessible(phone);
  await phone.getByRole('textbox', { name: 'Code' }).fill('000000');
  await phone.getByRole('button', { name: 'Sign in' }).click();
  await expect(phone.getByRole('alert')).toContainText('This code is not right');
  await phone.getByRole('textbox', { name: 'Code' }).fill(authenticatorCode(secret));
  await phone.getByRole('button', { name: 'Sign in' }).click();
  await expect(phone.getByRole('heading', { name: 'Your instances' })).toBeVisible();

  const tablet = await (await newPerson()).newPage();
  await tablet.goto(`${network.cloudUrl}/security`);
  await signIn(tablet);
  await tablet.getByRole('textbox', { name: 'Code' }).fill(recoveryCode);
  await tablet.getByRole('button', { name: 'Sign in' }).click();
  await expect(tablet.getByText('9 recovery codes are left')).toBeVisible();

  letConfirmationsAge(network);
  await tablet.getByRole('button', { name: 'Turn off' }).click();
  const confirm = tablet.getByRole('dialog', { name: 'Confirm that it is you' });
  await expect(confirm).toBeVisible();
  await expectAccessible(tablet);
  await confirm.getByRole('textbox', { name: 'Code' }).fill(authenticatorCode(secret, 1));
  await confirm.getByRole('button', { name: 'Confirm' }).click();
  await expect(tablet.getByRole('button', { name: 'Turn on' })).toBeVisible();
});

test('the password is changed after a confirmation, which ends the other sessions', async ({
  network,
  newPerson,
}) => {
  const page = await openSecurity(await newPerson(), network);
  const phone = await (await newPerson()).newPage();
  await phone.goto(network.cloudUrl);
  await signIn(phone);
  await expect(phone.getByRole('heading', { name: 'Your instances' })).toBeVisible();

  letConfirmationsAge(network);
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.getByRole('textbox', { name: 'New password' }).fill('mauve otter paints tuba');
  await expect(page.getByText('Hard to guess.')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Change password' }).click();
  const confirm = page.getByRole('dialog', { name: 'Confirm that it is you' });
  await confirm.getByRole('textbox', { name: 'Your password' }).fill(password);
  await expectAccessible(page);
  await confirm.getByRole('button', { name: 'Confirm' }).click();
  await expect(page.getByText('Your password is changed')).toBeVisible();
  await phone.reload();
  await signIn(phone);
  await expect(phone.getByRole('alert')).toContainText('Wrong email or password');
});

test('a forgotten password: the link of the operator’s log leads to a new one, once', async ({
  network,
  newPerson,
}) => {
  await openSecurity(await newPerson(), network);
  const page = await (await newPerson()).newPage();
  await page.goto(network.cloudUrl);
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await expectAccessible(page);
  await page.getByLabel('Email').fill(email);
  await page.getByRole('button', { name: 'Ask for a link' }).click();
  await expect(page.getByText('This cloud sends no mail.')).toBeVisible();
  await expectAccessible(page);

  const linkInLog = () => /http:\S+\/reset-password#link=[\w-]+/.exec(network.output)?.[0] ?? '';
  await expect.poll(linkInLog).not.toBe('');
  await page.goto(linkInLog());
  await page.getByRole('textbox', { name: 'New password' }).fill('mauve otter paints tuba');
  expect(page.url()).toBe(`${network.cloudUrl}/reset-password`);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('heading', { name: 'Your password is changed' })).toBeVisible();
  await page.goto(linkInLog());
  await page.getByRole('textbox', { name: 'New password' }).fill(password);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByRole('heading', { name: 'This link does not work' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Ask for another link' }).click();
  await page.getByRole('link', { name: 'Back to the sign-in' }).click();
  await signIn(page);
  await expect(page.getByRole('alert')).toContainText('Wrong email or password');
});

test('passkeys: added, named, signed in with, removed', async ({ network, newPerson }) => {
  const page = await openSecurity(await newPerson(), network);
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('WebAuthn.enable');
  await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const addAs = async (name: string) => {
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('button', { name: 'Go on' }).click();
  };
  await addAs('Laptop');
  const passkeys = page.getByRole('list', { name: 'Passkeys' });
  await expect(passkeys).toContainText('Laptop');
  await addAs('The same');
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('already has a passkey');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Rename Laptop' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Work laptop');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(passkeys).toContainText('Work laptop');
  await expectAccessible(page);

  await page.getByRole('link', { name: 'Your instances', exact: true }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page.getByRole('heading', { name: 'Your instances' })).toBeVisible();

  await page.getByRole('link', { name: 'Security' }).click();
  letConfirmationsAge(network);
  await page.getByRole('button', { name: 'Remove Work laptop' }).click();
  await page.getByRole('textbox', { name: 'Your password' }).fill(password);
  await page.getByRole('button', { name: 'Confirm', exact: true }).click();
  await expect(passkeys).toContainText('You have no passkey yet');
  await page.getByRole('link', { name: 'Your instances', exact: true }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await expect(page.getByRole('alert')).toContainText('No account here has this passkey');
  await expectAccessible(page);
});

test('an account is deleted: its instances are named, and let nobody in any more', async ({
  network,
  newPerson,
}) => {
  const context = await newPerson();
  const instance = await context.newPage();
  await claimAsOwner(instance, network, email, 'Lab');
  const page = await context.newPage();
  await page.goto(`${network.cloudUrl}/security`);
  letConfirmationsAge(network);
  await page.getByRole('button', { name: 'Delete the account' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete your account?' });
  await expect(dialog.getByRole('list', { name: 'Instances that are affected' })).toContainText('Lab');
  await expectAccessible(page);
  await dialog.getByLabel('Type your email address').fill(email);
  await dialog.getByRole('button', { name: 'Delete for good' }).click();
  await page.getByRole('textbox', { name: 'Your password' }).fill(password);
  await page.getByRole('button', { name: 'Confirm', exact: true }).click();
  // There is none left that could sign in.
  await expect(page.getByRole('heading', { name: 'Create an account' })).toBeVisible();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await signIn(page);
  await expect(page.getByRole('alert')).toContainText('Wrong email or password');
});
