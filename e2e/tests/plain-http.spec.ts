import { expect, test } from '../browser-test.ts';

// A name of another machine, as far as the browser knows: a page from there is no secure context.

const name = 'lab.test';

test.use({
  launchOptions: {
    ...(process.env.CHROMIUM_PATH && { executablePath: process.env.CHROMIUM_PATH }),
    args: [
      '--disable-background-networking',
      `--host-resolver-rules=MAP ${name} 127.0.0.1 , MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1`,
    ],
  },
});

test('row 49: over plain HTTP from another machine nobody signs in, and the page says what to do', async ({
  newPerson,
  network,
}) => {
  const { port } = new URL(network.instanceUrl);
  await network.restart('--allow-host', `${name}:${port}`);
  const instanceUrl = `http://${name}:${port}`;
  const context = await newPerson({ servers: [{ instanceUrl, cloudUrl: network.cloudUrl }] });
  const askedOfTheCloud: string[] = [];
  context.on('request', (request) => {
    if (request.url().startsWith(network.cloudUrl)) askedOfTheCloud.push(request.url());
  });
  const page = await context.newPage();
  for (const path of [`/#claim=${network.claimCode}`, '/instances/this']) {
    await page.goto(instanceUrl + path);
    const heading = page.getByRole('heading', { name: 'Signing in needs a secure connection' });
    await expect(heading, path).toBeVisible();
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await expect(page.getByText(`ssh -L ${port}:127.0.0.1:${port} user@${name}`), path).toBeVisible();
    await expect(page.getByRole('button', { name: 'Sign in', exact: true }), path).toHaveCount(0);
  }
  expect(askedOfTheCloud).toEqual([]);

  // The way out leads to where one signs in.
  await page.goto(network.instanceUrl);
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
});
