import { claimAsOwner, expect, startSignIn, test } from '../browser-test.ts';

test('an instance that starts over: its owner is signed out with the reason, and somebody else claims it', async ({
  network,
  newPerson,
}) => {
  const context = await newPerson();
  const page = await context.newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  const former = await network.publicInstance();
  const renewals: string[] = [];
  context.on('request', (request) => {
    if (request.url() === `${network.cloudUrl}/token`) renewals.push(request.url());
  });

  await network.restart('--reset-credentials', '--yes');
  const { id, state } = await network.publicInstance();
  expect(state).toBe('UNCLAIMED');
  expect(id).not.toBe(former.id);

  await test.step('the page that was open says so, and asks nobody in circles', async () => {
    await expect(page.getByRole('alert', { name: 'You were signed out' })).toBeVisible();
    // The instance says it, or the cloud, whichever the page asks first.
    await expect(
      page.getByText(/You were signed out because .*\. Sign in again(?: if you should have access)?\./),
    ).toBeVisible();
    await expect(page.getByText('This instance has no owner yet')).toBeVisible();
    await page.waitForTimeout(6_000);
    await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
    expect(renewals.length).toBeLessThanOrEqual(1);
  });

  await test.step('the account page has forgotten the instance', async () => {
    const account = await context.newPage();
    await account.goto(network.cloudUrl);
    await expect(account.getByRole('heading', { name: 'Your instances' })).toBeVisible();
    await expect(account.getByText('No instance is yours yet')).toBeVisible();
    await account.close();
  });

  await test.step('whoever has the new address becomes the owner', async () => {
    const next = await (await newPerson()).newPage();
    await claimAsOwner(next, network, 'next@example.test', 'Second lab');
  });

  await test.step('the former owner is a stranger now', async () => {
    await page.reload();
    const { cloudPage } = await startSignIn(page);
    await expect(cloudPage.getByText('belongs to someone else').first()).toBeVisible();
  });
});
