import type { Page } from 'playwright/test';
import {
  approve,
  claimAsOwner,
  expect,
  expectAccessible,
  matchCodeOf,
  openedBy,
  password,
  signUp,
  startSignIn,
  test,
} from '../browser-test.ts';

// Rows 10, 14 and 30: an approval belongs to the browser that began the login.

test('in the browser that began the sign-in, one click approves', async ({ network, newPerson }) => {
  const page = await (await newPerson()).newPage();
  await page.goto(network.printedUrl);
  const { cloudPage } = await startSignIn(page);
  await signUp(cloudPage, 'owner@example.test');
  await expect(cloudPage.getByText('Started in this browser')).toBeVisible();
  await expect(cloudPage.getByRole('textbox', { name: 'Match code' })).toBeHidden();
  await expectAccessible(cloudPage);
  await approve(cloudPage, 'Lab');
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();

  await test.step('and still does after the page was loaded again', async () => {
    await page.getByRole('button', { name: 'Sign out' }).first().click();
    const again = await startSignIn(page);
    await expect(again.cloudPage.getByText('Started in this browser')).toBeVisible();
    await again.cloudPage.reload();
    await expect(again.cloudPage.getByText('Started in this browser')).toBeVisible();
    await approve(again.cloudPage);
    await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
  });
});

test('where the browser opens no window, a link leads to the approval page, which takes the match code', async ({
  network,
  newPerson,
}) => {
  const page = await (await newPerson()).newPage();
  await page.addInitScript(() => {
    globalThis.open = () => null;
  });
  await page.goto(network.printedUrl);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  const link = page.getByRole('link', { name: 'Open the approval page', exact: true });
  const cloudPage = await openedBy(page, link);
  await signUp(cloudPage, 'owner@example.test');
  await cloudPage.getByRole('textbox', { name: 'Match code' }).fill(await matchCodeOf(page));
  await approve(cloudPage, 'Lab');
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
});

test('the tab for the approval page is closed when there is none', async ({ network, newPerson }) => {
  const page = await (await newPerson()).newPage();
  await page.goto(network.printedUrl);
  await page.route(`${network.cloudUrl}/**`, async (route) => route.abort());
  const opened = page.context().waitForEvent('page');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  const waiting = await opened;
  await expect(page.getByText(/does not answer|cannot be reached/i).first()).toBeVisible();
  expect(waiting.isClosed()).toBe(true);
});

test('on another device it takes the match code of the page that began the sign-in', async ({
  network,
  newPerson,
}) => {
  const page = await (await newPerson()).newPage();
  await page.goto(network.printedUrl);
  const { userCode, cloudPage } = await startSignIn(page);
  await signUp(cloudPage, 'owner@example.test');
  await cloudPage.close();
  await expectAccessible(page);

  const phone = await (await newPerson()).newPage();
  await openWithCode(phone, network.cloudUrl, userCode, 'owner@example.test');
  await expect(phone.getByText('Did you start this yourself, just now?')).toBeVisible();
  await expectAccessible(phone);
  const matchCode = await matchCodeOf(page);
  await phone.getByRole('textbox', { name: 'Match code' }).fill(other(matchCode));
  await phone.getByLabel('Name of the instance').fill('Lab');
  await phone.getByRole('button', { name: 'Approve' }).click();
  await expect(phone.getByText('One try is left')).toBeVisible();
  await expectAccessible(phone);
  await phone.getByRole('textbox', { name: 'Match code' }).fill(matchCode);
  await approve(phone, 'Lab');
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
});

test('two wrong match codes end the sign-in, in both pages', async ({ network, newPerson }) => {
  const page = await (await newPerson()).newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  const { userCode, cloudPage } = await startSignIn(page);
  await cloudPage.close();
  const wrong = other(await matchCodeOf(page));

  const victim = await (await newPerson()).newPage();
  await openWithCode(victim, network.cloudUrl, userCode, 'owner@example.test');
  for (const words of ['One try is left', 'The sign-in was ended']) {
    await victim.getByRole('textbox', { name: 'Match code' }).fill(wrong);
    await victim.getByRole('button', { name: 'Approve' }).click();
    await expect(victim.getByText(words)).toBeVisible();
  }
  await expect(page.getByRole('heading', { name: 'You are not signed in' })).toBeVisible();
  await expect(page.getByText('wrong match code')).toBeVisible();
});

test('an approval page that another page opened is not bound', async ({ network, newPerson }) => {
  const context = await newPerson();
  const page = await context.newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  const { userCode, cloudPage } = await startSignIn(page);
  await cloudPage.close();

  // The same browser and the very origin, but not the page that has the key.
  const lure = await context.newPage();
  await lure.goto(network.instanceUrl);
  const opened = context.waitForEvent('page');
  await lure.evaluate(
    (address) => void window.open(address, '_blank'),
    `${network.cloudUrl}/device#user_code=${userCode}`,
  );
  const lured = await opened;
  await expect(lured.getByText('Did you start this yourself, just now?')).toBeVisible();
  await expect(lured.getByRole('textbox', { name: 'Match code' })).toBeVisible();
});

test('row 30: a script in the instance’s page cannot approve', async ({ network, newPerson }) => {
  const page = await (await newPerson()).newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  const { userCode, cloudPage } = await startSignIn(page);
  await expect(cloudPage.getByText('Started in this browser')).toBeVisible();
  const matchCode = await matchCodeOf(page);

  const outcomes = await page.evaluate(
    async ({ cloudUrl, body }) => {
      const approveUrl = `${cloudUrl}/api/device/approve`;
      const attempt = async (init: RequestInit) =>
        fetch(approveUrl, { method: 'POST', credentials: 'include', ...init }).then(
          ({ type, status }) => `${type} ${status}`,
          () => 'refused by the browser',
        );
      const json = await attempt({ headers: { 'content-type': 'application/json' }, body });
      const plain = await attempt({ headers: { 'content-type': 'text/plain' }, body });
      const blind = await attempt({ mode: 'no-cors', body });
      const reached: string[] = [];
      for (const path of ['/device', '/']) {
        const opened = window.open(cloudUrl + path, '_blank');
        await new Promise((resolve) => {
          setTimeout(resolve, 1_500);
        });
        try {
          reached.push(opened?.document.title ?? 'nothing');
        } catch (error) {
          reached.push((error as DOMException).name);
        }
      }
      const [approvalPage, startPage] = reached;
      return { json, plain, blind, approvalPage, startPage };
    },
    {
      cloudUrl: network.cloudUrl,
      body: JSON.stringify({ user_code: userCode, match_code: matchCode }),
    },
  );
  expect(outcomes).toEqual({
    json: 'refused by the browser',
    plain: 'refused by the browser',
    // Sent, but not even its opaque answer is handed over (Cross-Origin-Resource-Policy).
    blind: 'refused by the browser',
    approvalPage: 'SecurityError',
    startPage: 'SecurityError',
  });
  // Nothing was decided: the person still can.
  await expect(page.getByText('waiting for your approval')).toBeVisible();
  await approve(cloudPage);
  await expect(page.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
});

/** Types the code into the cloud's page of another browser, signing in there as the account asks. */
async function openWithCode(page: Page, cloudUrl: string, userCode: string, email: string): Promise<void> {
  await page.goto(`${cloudUrl}/device`);
  await page.getByLabel('Email').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('textbox', { name: 'Code' }).fill(userCode);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { name: 'Approve this sign-in?' })).toBeVisible();
}

function other(matchCode: string): string {
  return matchCode === '00' ? '01' : '00';
}
