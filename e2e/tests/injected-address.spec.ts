import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'playwright/test';
import { claimAsOwner, startSignIn, test } from '../browser-test.ts';

// Somebody sends the owner a link that leads to the owner's own instance and means a server of theirs.

/** A server that says it is the instance `resource` of the cloud `issuer`, and keeps what it is asked. */
async function rogueInstance(resource: string, issuer: string) {
  const requests: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    requests.push(request.headers);
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', '*, authorization, content-type, dpop');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    response.setHeader('Content-Type', 'application/json');
    const id = resource.split('/').at(-1);
    const instance = {
      id,
      name: 'Lab',
      state: 'CLAIMED',
      version: '0.1.0',
      resource,
      cloud: { issuer, clientId: 'holdfast-web' },
    };
    response.end(
      JSON.stringify(
        request.url === '/graphql'
          ? { data: { instance: { __typename: 'Instance', ...instance } } }
          : { status: 'ok', version: '0.1.0', resource, authorization_servers: [issuer] },
      ),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

test('row 19: no link makes the page talk to another server', async ({ network, newPerson }) => {
  const { instanceUrl, cloudUrl } = network;
  const { resource } = await network.publicInstance();
  await using rogue = await rogueInstance(resource, cloudUrl);
  const context = await newPerson();
  const page = await context.newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');

  const names = [
    'instance',
    'instanceUrl',
    'url',
    'base',
    'server',
    'endpoint',
    'host',
    'add',
    'issuer',
    'cloud',
  ];
  const values = [rogue.url, `${rogue.url}/graphql`, `//${new URL(rogue.url).host}`];
  const parameters = new URLSearchParams(names.flatMap((name) => values.map((value) => [name, value])));
  const paths = ['/', '/launcher', '/playground', '/audit', '/sessions', '/instances/this'];
  const links = [
    ...paths.flatMap((path) => [`${path}?${parameters}`, `${path}#${parameters}`]),
    `/#claim=ABCDE-FGHJK&${parameters}`,
    ...values.map((value) => `/instances/${encodeURIComponent(value)}`),
    ...values.map((value) => `/instances/${encodeURIComponent(value)}/playground`),
  ];
  for (const link of links) {
    await page.goto(instanceUrl + link);
    await expect(page.getByRole('heading').first(), page.url()).toBeVisible();
    expect(new URL(page.url()).origin, link).toBe(instanceUrl);
  }
  // What is no path of the page is answered by the server itself.
  for (const path of [`/${values[2]}`, `/%2f${values[2]}/launcher`, `/\\${values[2]}`]) {
    await page.goto(instanceUrl + path);
    await expect(page.locator('body')).not.toBeEmpty();
    expect(new URL(page.url()).origin, path).toBe(instanceUrl);
  }
  for (const path of ['/device', '/sign-in', '/']) {
    await page.goto(`${cloudUrl}${path}#user_code=ABCD-EFGH&${parameters}`);
    await expect(page.getByRole('heading').first(), page.url()).toBeVisible();
    expect(new URL(page.url()).origin, path).toBe(cloudUrl);
  }
  expect(rogue.requests).toEqual([]);
});

test('row 19: a server that says it is the instance gets no token of it, and none that is of use there', async ({
  network,
  newPerson,
}) => {
  const { resource } = await network.publicInstance();
  await using rogue = await rogueInstance(resource, network.cloudUrl);
  const servers = [{ instanceUrl: rogue.url, cloudUrl: network.cloudUrl }];
  const page = await (await newPerson({ servers })).newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  await page.getByRole('link', { name: 'Launcher' }).click();
  await page.getByRole('textbox', { name: 'Address' }).fill(rogue.url);
  await page.getByRole('textbox', { name: 'Name (optional)' }).fill('Free pizza');
  await page.getByRole('button', { name: 'Test and save' }).click();
  await expect(page.getByRole('alert')).toContainText(`the same instance as at ${network.instanceUrl}`);
  await page.getByRole('button', { name: 'Save it anyway' }).click();
  await page.getByRole('link', { name: 'Open Free pizza' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in to Free pizza' })).toBeVisible();
  expect(rogue.requests.filter(({ authorization, dpop }) => authorization ?? dpop)).toEqual([]);

  // The owner believes it.
  const { cloudPage } = await startSignIn(page);
  await cloudPage.getByRole('button', { name: 'Approve' }).click();
  const withToken = () => rogue.requests.find(({ authorization }) => authorization);
  await expect.poll(withToken, { timeout: 15_000 }).toBeDefined();
  const { authorization, dpop } = withToken() as { authorization: string; dpop: string };
  const stolen: Record<string, string>[] = [
    { authorization, dpop },
    { authorization },
    { authorization: authorization.replace('DPoP', 'Bearer') },
  ];
  for (const headers of stolen) {
    const handedOn = await fetch(`${network.instanceUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"query":"{ viewer { email } }"}',
    });
    expect(handedOn.status).toBe(401);
  }
});
