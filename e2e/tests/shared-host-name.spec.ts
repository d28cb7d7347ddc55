import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright/test';
import { claimAsOwner, expect, type NewPerson, startSignIn, test } from '../browser-test.ts';
import { ScriptedAccount, startDeviceLogin } from '../scripted-client.ts';
import type { TestNetwork } from '../test-network.ts';

/** A server on another port of the cloud's host name, such as an application under test: it keeps what it is sent. */
class Neighbour implements AsyncDisposable {
  readonly url: string;
  readonly cookies: string[];
  /** What it sets in whatever browser comes by. */
  readonly planted: string[];
  readonly #close: () => Promise<unknown>;

  private constructor(url: string, cookies: string[], planted: string[], close: () => Promise<unknown>) {
    this.url = url;
    this.cookies = cookies;
    this.planted = planted;
    this.#close = close;
  }

  static async start(): Promise<Neighbour> {
    const [cookies, planted]: string[][] = [[], []];
    const server = createServer(({ headers }, response) => {
      if (headers.cookie !== undefined) cookies?.push(headers.cookie);
      response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': planted ?? [] });
      response.end('<!doctype html><title>Shop under test</title>');
    }).listen(0, 'localhost');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return new Neighbour(`http://localhost:${port}`, cookies as string[], planted as string[], async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

/** A request at the cloud's interface by a program, which may say whatever it likes. */
async function forge(
  { cloudUrl }: TestNetwork,
  path: string,
  headers: Record<string, string>,
  body?: object,
): Promise<unknown[]> {
  const response = await fetch(`${cloudUrl}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json', origin: cloudUrl, ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as { error?: string } | null;
  return [response.status, answer && (answer.error ?? 'answered')];
}

/** The owner of the instance, whose browser also goes to the neighbour. */
async function ownerBeside(
  { url }: Neighbour,
  network: TestNetwork,
  newPerson: NewPerson,
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await newPerson({ servers: [{ instanceUrl: url, cloudUrl: url }] });
  const page = await context.newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  return { context, page };
}

// Row 61: cookies do not know ports.

test('an application on another port gets the session cookie, and can do nothing with it', async ({
  network,
  newPerson,
}) => {
  await using neighbour = await Neighbour.start();
  const { context } = await ownerBeside(neighbour, network, newPerson);
  const shop = await context.newPage();
  await shop.goto(neighbour.url);
  const [cookie = ''] = neighbour.cookies;
  expect(cookie).toContain('.session_token=');

  await test.step('with a login of its own', async () => {
    const { resource } = await network.publicInstance();
    const { userCode: user_code, matchCode: match_code } = await startDeviceLogin(network.cloudUrl, resource);
    for (const guess of [undefined, 'f'.repeat(64)]) {
      const headers = { cookie, ...(guess !== undefined && { 'holdfast-page-key': guess }) };
      for (const action of ['lookup', 'approve', 'deny']) {
        const answer = await forge(network, `/api/device/${action}`, headers, { user_code, match_code });
        expect(answer, action).toEqual([401, 'login_required']);
      }
      expect(await forge(network, '/api/account/sessions', headers)).toEqual([401, 'login_required']);
      expect(await forge(network, '/api/auth/get-session', headers)).toEqual([200, null]);
    }
  });

  await test.step('from its page in the very browser', async () => {
    const outcomes = await shop.evaluate(async (cloudUrl) => {
      const attempt = async (headers: Record<string, string>, init: RequestInit = {}) =>
        fetch(`${cloudUrl}/api/account/sessions/end-others`, {
          method: 'POST',
          credentials: 'include',
          headers,
          body: '{}',
          ...init,
        }).then(
          ({ type, status }) => `${type} ${status}`,
          () => 'refused by the browser',
        );
      return [
        await attempt({ 'content-type': 'application/json', 'holdfast-page-key': 'f'.repeat(64) }),
        await attempt({ 'holdfast-page-key': 'f'.repeat(64) }),
        localStorage.getItem('holdfast.page-key'),
      ];
    }, network.cloudUrl);
    expect(outcomes).toEqual(['refused by the browser', 'refused by the browser', null]);
  });

  await test.step('while the person goes on as before', async () => {
    await shop.goto(`${network.cloudUrl}/security`);
    await expect(shop.getByText('owner@example.test').first()).toBeVisible();
  });
});

test('an application on another port can plant its own session, which signs nobody in', async ({
  network,
  newPerson,
}) => {
  await using neighbour = await Neighbour.start();
  const { context, page } = await ownerBeside(neighbour, network, newPerson);
  const mallory = await ScriptedAccount.signUp(network.cloudUrl, 'mallory@example.test');
  const shop = await context.newPage();

  neighbour.planted.push(`${mallory.credentials.cookie}; Path=/`);
  await shop.goto(neighbour.url);
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  const { cloudPage } = await startSignIn(page);
  await expect(cloudPage.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expect(cloudPage.getByText('mallory')).toBeHidden();

  await test.step('nor beside the person’s own', async () => {
    await context.clearCookies();
    await cloudPage.getByLabel('Email').fill('owner@example.test');
    await cloudPage.getByRole('textbox', { name: 'Password' }).fill('correct horse battery staple');
    await cloudPage.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(cloudPage.getByText('Started in this browser')).toBeVisible();
    neighbour.planted.splice(0, 1, `${mallory.credentials.cookie}; Path=/api`);
    await shop.goto(neighbour.url);
    await cloudPage.getByRole('button', { name: 'Approve' }).click();
    await expect(cloudPage.getByText('Another page tampered with your sign-in')).toBeVisible();
  });
});
