import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright/test';
import { claimAsOwner, expect, test } from '../browser-test.ts';
import { TestNetwork } from '../test-network.ts';

test('a second instance is tested, kept, renamed, opened and removed', async ({ network, newPerson }) => {
  await using other = await TestNetwork.start();
  const twinUrl = network.instanceUrl.replace('127.0.0.1', 'localhost');
  const person = await newPerson({ servers: [other, { instanceUrl: twinUrl, cloudUrl: network.cloudUrl }] });
  const page = await person.newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  await page.getByRole('link', { name: 'Launcher' }).click();
  await expect(card(page, 'Lab')).toContainText(/signed in/i);

  await test.step('what is no address, or already there, is said and nothing is kept', async () => {
    await add(page, 'ftp://box.example');
    await expect(page.getByText('Instances speak http and https only')).toBeVisible();
    await add(page, 'foo bar');
    await expect(page.getByText('“foo bar” is not an address')).toBeVisible();
    await add(page, network.instanceUrl);
    await expect(page.getByText('is in your launcher already')).toBeVisible();
    await expect(page.getByRole('listitem')).toHaveCount(1);
  });

  await test.step('another address of an instance that is there is not kept unless one insists', async () => {
    await add(page, twinUrl);
    await expect(page.getByRole('alert')).toContainText(`the same instance as at ${network.instanceUrl}`);
    await expect(page.getByRole('button', { name: 'Save it anyway' })).toBeVisible();
    await expect(page.getByRole('listitem')).toHaveCount(1);
  });

  await test.step('the address is tested before it is kept', async () => {
    await add(page, other.instanceUrl, 'Customer B');
    await expect(card(page, 'Customer B')).toContainText(/unclaimed/i);
    await page.reload();
    await expect(card(page, 'Customer B')).toContainText(/unclaimed/i);
  });

  await test.step('it gets another name', async () => {
    await page.getByRole('button', { name: 'More for Customer B' }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Customer C');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(card(page, 'Customer C')).toBeVisible();
    await expect(page.getByRole('button', { name: 'More for Customer C' })).toBeFocused();
  });

  await test.step('it is opened from here, across origins', async () => {
    await page.getByRole('link', { name: 'Open Customer C' }).click();
    await expect(page.getByText('This instance has no owner yet')).toBeVisible();
    await expect(page.getByText(other.instanceUrl).first()).toBeVisible();
  });

  await test.step('one that goes offline is seen to', async () => {
    await page.getByRole('link', { name: 'Launcher' }).click();
    await other.down();
    await expect(card(page, 'Customer C')).toContainText(/offline/i);
    await expect(card(page, 'Customer C')).toContainText('Check that the instance is running');
  });

  await test.step('it is removed after a question, and stays away', async () => {
    await page.getByRole('button', { name: 'More for Customer C' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await expect(page.getByText('its data stay')).toBeVisible();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await expect(page.getByRole('listitem')).toHaveCount(1);
    await expect(page.getByRole('heading', { name: 'Launcher' })).toBeFocused();
    await page.reload();
    await expect(page.getByRole('listitem')).toHaveCount(1);
  });
});

test('an address where no instance stands is not kept unless one insists', async ({ network, newPerson }) => {
  const stranger = createServer((_request, response) =>
    response.setHeader('Access-Control-Allow-Origin', '*').end('hi'),
  );
  await new Promise<void>((resolve) => {
    stranger.listen(0, '127.0.0.1', resolve);
  });
  const strangerUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
  const page = await (
    await newPerson({ servers: [{ instanceUrl: strangerUrl, cloudUrl: strangerUrl }] })
  ).newPage();
  await page.goto(`${network.instanceUrl}/launcher`);
  await add(page, strangerUrl);
  await expect(
    page.getByText(/nothing answers|does not let this page|not as a Holdfast instance/i),
  ).toBeVisible();
  await expect(page.getByRole('listitem')).toHaveCount(1);

  stranger.closeAllConnections();
  await new Promise((resolve) => {
    stranger.close(resolve);
  });
  await add(page, strangerUrl, 'Later');
  await expect(page.getByText('Nothing answers at')).toBeVisible();
  await page.getByRole('button', { name: 'Save it anyway' }).click();
  await expect(card(page, 'Later')).toContainText(/offline/i);
});

test('an instance that refuses this page says how to let it in, and a cloud that it is none', async ({
  network,
  newPerson,
}) => {
  // One that other machines can reach lets no page in that nobody named, not even of this machine.
  await using other = await TestNetwork.start({ host: '0.0.0.0' });
  const page = await (await newPerson({ servers: [other] })).newPage();
  await page.goto(`${network.instanceUrl}/launcher`);
  await add(page, other.instanceUrl, 'Remote');
  const advice = `start it with --allow-origin ${network.instanceUrl}`;
  await expect(page.getByRole('alert')).toContainText(advice);
  await page.getByRole('button', { name: 'Save it anyway' }).click();
  await expect(card(page, 'Remote')).toContainText('Refuses this page');
  await expect(card(page, 'Remote')).toContainText(advice);

  await add(page, network.cloudUrl);
  await expect(page.getByText(`${network.cloudUrl} is a cloud`)).toBeVisible();
  await expect(page.getByRole('listitem')).toHaveCount(2);

  await other.down();
  await expect(card(page, 'Remote')).toContainText(`Nothing answers at ${other.instanceUrl}`);
});

test('the access of one instance is of no use at another', async ({ network, newPerson }) => {
  await using other = await TestNetwork.start();
  const page = await (await newPerson({ servers: [other] })).newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  const sent: (string | undefined)[] = [];
  page.on('request', (request) => {
    if (request.url().startsWith(other.instanceUrl)) sent.push(request.headers().authorization);
  });
  await page.getByRole('link', { name: 'Launcher' }).click();
  await add(page, other.instanceUrl, 'Other');
  await page.getByRole('link', { name: 'Open Other' }).click();
  await expect(page.getByText('This instance has no owner yet')).toBeVisible();
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.filter((authorization) => authorization !== undefined)).toEqual([]);
});

function card(page: Page, name: string) {
  return page.getByRole('article', { name, exact: true });
}

async function add(page: Page, address: string, name = ''): Promise<void> {
  await page.getByRole('textbox', { name: 'Address' }).fill(address);
  await page.getByRole('textbox', { name: 'Name (optional)' }).fill(name);
  await page.getByRole('button', { name: 'Test and save' }).click();
}
