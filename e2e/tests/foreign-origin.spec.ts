import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Page } from 'playwright/test';
import { claimAsOwner, expect, test } from '../browser-test.ts';

// The owner of an instance, signed in, opens a page of a stranger in the same browser. `evil.test` leads to another address
// of this machine, and when the page asks again, to the instance.

test.use({
  launchOptions: {
    ...(process.env.CHROMIUM_PATH && { executablePath: process.env.CHROMIUM_PATH }),
    args: [
      '--disable-background-networking',
      '--host-resolver-rules=MAP evil.test 127.0.0.2 , MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1 , EXCLUDE 127.0.0.2',
    ],
  },
});

/** What a page could read of an answer; undefined for what the browser kept from it. */
type Read = { readonly status: number; readonly text: string } | undefined;

const strangersAnswer =
  'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<!doctype html><title>Free pizza</title>';

/**
 * The stranger's machine, by another address of loopback. It hands out a page at `/attack`; for everything else its name
 * leads to `target`, as if it had been rebound in the meantime.
 */
async function strangersServer(target: string): Promise<AsyncDisposable> {
  const port = Number(new URL(target).port);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.once('data', (request: Buffer) => {
      if (request.subarray(0, 11).toString() === 'GET /attack') {
        socket.end(strangersAnswer);
        return;
      }
      const onward = connect(port, '127.0.0.1').on('error', () => socket.destroy());
      sockets.add(onward);
      onward.write(request);
      socket.pipe(onward).pipe(socket);
    });
  }).listen(port, '127.0.0.2');
  await once(server, 'listening');
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), 'close');
    },
  };
}

/** Asks `target` in every way that a page has, and returns what it could read. */
async function attack(page: Page, target: string): Promise<Record<string, Read>> {
  return page.evaluate(async (base) => {
    const query = '{ instance { id state cloud { issuer } } }';
    const mutation = 'mutation { renameInstance(name: "Mine") { __typename } }';
    const subscription = 'subscription { instanceChanged { id } }';
    const body = (text: string) => JSON.stringify({ query: text });
    const json = { 'content-type': 'application/json' };
    const graphql = `${base}/graphql`;
    const form = (text: string) => new URLSearchParams({ query: text });
    const file = new FormData();
    file.set('operations', body(query));
    const requests: [what: string, url: string, init: RequestInit][] = [
      ['preflighted query', graphql, { method: 'POST', headers: json, body: body(query) }],
      ['preflighted mutation', graphql, { method: 'POST', headers: json, body: body(mutation) }],
      [
        'with a token',
        graphql,
        { method: 'POST', headers: { ...json, authorization: 'DPoP x', dpop: 'x' }, body: body(query) },
      ],
      [
        'with credentials',
        graphql,
        { method: 'POST', headers: json, body: body(query), credentials: 'include' },
      ],
      ['simple query', graphql, { method: 'POST', body: body(query) }],
      ['simple mutation', graphql, { method: 'POST', body: body(mutation) }],
      ['simple, as a form', graphql, { method: 'POST', body: form(query) }],
      ['simple, as a file', graphql, { method: 'POST', body: file }],
      ['simple, unread', graphql, { method: 'POST', body: body(mutation), mode: 'no-cors' }],
      ['GET of a query', `${graphql}?${form(query)}`, {}],
      ['GET of a mutation', `${graphql}?${form(mutation)}`, {}],
      [
        'subscription',
        graphql,
        { method: 'POST', headers: { ...json, accept: 'text/event-stream' }, body: body(subscription) },
      ],
      [
        'GET of a subscription',
        `${graphql}?${form(subscription)}`,
        { headers: { accept: 'text/event-stream' } },
      ],
      ['health', `${base}/healthz`, {}],
      ['metadata', `${base}/.well-known/oauth-protected-resource`, {}],
      ['page', `${base}/`, {}],
      ['page with credentials', `${base}/instances/this`, { credentials: 'include' }],
    ];
    const read: Record<string, { status: number; text: string } | undefined> = {};
    for (const [what, url, init] of requests) {
      try {
        const response = await fetch(url, init);
        const text = await response.text();
        read[what] =
          response.type === 'opaque' && text === '' ? undefined : { status: response.status, text };
      } catch {
        read[what] = undefined;
      }
    }
    const opened = (socket: EventTarget) =>
      new Promise<{ status: number; text: string } | undefined>((resolve) => {
        socket.addEventListener('open', () => resolve({ status: 200, text: 'open' }));
        socket.addEventListener('error', () => resolve(undefined));
      });
    read['event source'] = await opened(new EventSource(`${graphql}?${form(subscription)}`));
    read['web socket'] = await opened(new WebSocket(graphql.replace('http', 'ws')));
    return read;
  }, target);
}

/** Embeds a file of the web app as whatever a page can embed. Returns what was loaded. */
async function embed(page: Page, url: string): Promise<string[]> {
  return page.evaluate(async (address) => {
    const loaded: string[] = [];
    for (const tag of ['script', 'img', 'link', 'video'] as const) {
      const element = document.createElement(tag);
      if (element instanceof HTMLLinkElement) Object.assign(element, { rel: 'stylesheet', href: address });
      else element.src = address;
      const isLoaded = new Promise<boolean>((resolve) => {
        for (const event of ['load', 'loadeddata']) element.addEventListener(event, () => resolve(true));
        element.addEventListener('error', () => resolve(false));
      });
      document.body.append(element);
      if (await isLoaded) loaded.push(tag);
    }
    return loaded;
  }, url);
}

/** Puts `url` into a frame and waits until it has loaded, or its refusal has. */
async function frame(page: Page, url: string): Promise<void> {
  await page.evaluate((address) => {
    const element = document.createElement('iframe');
    element.name = 'victim';
    element.src = address;
    document.body.append(element);
    return new Promise((resolve) => element.addEventListener('load', resolve));
  }, url);
}

async function submitForm(page: Page, url: string): Promise<void> {
  await page.evaluate((address) => {
    const element = document.createElement('form');
    element.method = 'post';
    element.action = address;
    element.enctype = 'text/plain';
    element.target = 'victim';
    const field = document.createElement('input');
    field.name = '{"query":"mutation { renameInstance(name: \\"Mine\\") { __typename } }","x":"';
    field.value = '"}';
    element.append(field);
    document.body.append(element);
    const loaded = new Promise((resolve) =>
      document.querySelector('iframe')?.addEventListener('load', resolve),
    );
    element.submit();
    return loaded;
  }, url);
}

test('rows 4, 31, 33, 34, 35: a page of a foreign origin and one of a rebound name get nothing', async ({
  browser,
  network,
}) => {
  const { instanceUrl } = network;
  await using _server = await strangersServer(instanceUrl);
  const { port } = new URL(instanceUrl);
  const evil = `http://evil.test:${port}`;
  const context = await browser.newContext();
  const owner = await context.newPage();
  await claimAsOwner(owner, network, 'owner@example.test', 'Lab');

  const script = await owner.evaluate(() => document.querySelector('script')?.src ?? '');
  expect(script).toContain(`${instanceUrl}/assets/`);

  await test.step('the attack would succeed from a page that may use the instance', async () => {
    const page = await context.newPage();
    await page.goto(`http://127.0.0.2:${port}/attack`);
    const read = await attack(page, instanceUrl);
    expect(read['preflighted query']?.text).toContain('CLAIMED');
    expect(read.health?.text).toContain('"ok"');
  });

  await test.step('a foreign origin can read no answer', async () => {
    const page = await context.newPage();
    await page.goto(`${evil}/attack`);
    const read = await attack(page, instanceUrl);
    expect(Object.keys(read)).toHaveLength(19);
    expect(Object.entries(read).filter(([, answer]) => answer !== undefined)).toEqual([]);

    expect(await embed(page, script)).toEqual([]);
    await frame(page, `${instanceUrl}/`);
    // The page hears of a frame's load before Playwright hears of its address.
    const shown = () => page.frame({ name: 'victim' })?.url();
    await expect.poll(shown).toBe('chrome-error://chromewebdata/');
    await submitForm(page, `${instanceUrl}/graphql`);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    const popup = page.waitForEvent('popup');
    await page.evaluate((address) => {
      (globalThis as { victim?: Window | null }).victim = open(address);
    }, instanceUrl);
    await expect((await popup).getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
    const isOutOfReach = () => (globalThis as { victim?: Window | null }).victim?.closed;
    expect(await page.evaluate(isOutOfReach)).toBe(true);
  });

  await test.step('a name that was rebound to the instance is told to go away', async () => {
    const page = await context.newPage();
    await page.goto(`${evil}/attack`);
    const read = await attack(page, evil);
    for (const [what, answer] of Object.entries(read)) {
      if (['event source', 'web socket'].includes(what)) expect(answer, what).toBeUndefined();
      else {
        expect(answer?.status, what).toBe(403);
        expect(JSON.parse(answer?.text ?? ''), what).toEqual({
          error: 'host_refused',
          error_description: expect.stringContaining(`Open ${instanceUrl}`),
        });
      }
    }
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    const direct = await page.goto(`${evil}/`);
    expect(direct?.status()).toBe(403);
    expect(await page.content()).not.toContain('<script');
  });

  await test.step('nothing was changed, no cookie was set', async () => {
    await owner.reload();
    await expect(owner.getByRole('heading', { name: 'Lab', level: 1 })).toBeVisible();
    expect(await context.cookies([instanceUrl, evil])).toEqual([]);
  });
});
