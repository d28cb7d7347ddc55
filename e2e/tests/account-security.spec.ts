import type { BrowserContext, Page } from 'playwright/test';
import { expect, expectAccessible, password, signUp, test } from '../browser-test.ts';
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
