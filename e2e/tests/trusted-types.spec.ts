import { test as bareTest } from 'playwright/test';
import { claimAsOwner, expect, runStartingQuery, test } from '../browser-test.ts';
import { TestNetwork } from '../test-network.ts';

// That no page violates its policy is watched in every browser test; here the pages are made to try.

/** What becomes of each way by which a script turns a string into code, in the page. */
function attempts(): Record<string, string> {
  const hostile = '<img src=x onerror="document.title = `taken over`">';
  const policies = (
    globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }
  ).trustedTypes;
  const ways: Record<string, () => unknown> = {
    innerHTML: () => {
      document.createElement('div').innerHTML = hostile;
    },
    'innerHTML of a style sheet and more': () => {
      document.createElement('div').innerHTML = `.a{} ${hostile} .b{}`;
    },
    outerHTML: () => {
      (document.body.firstElementChild as Element).outerHTML = hostile;
    },
    insertAdjacentHTML: () => document.body.insertAdjacentHTML('beforeend', hostile),
    'document.write': () => document.write(hostile),
    createContextualFragment: () => document.createRange().createContextualFragment(hostile),
    srcdoc: () => {
      document.createElement('iframe').srcdoc = hostile;
    },
    'script.src': () => {
      document.createElement('script').src = '/assets/x.js';
    },
    'script.text': () => {
      document.createElement('script').text = 'document.title = "taken over"';
    },
    'a handler': () => document.body.setAttribute('onclick', 'document.title = "taken over"'),
    'a worker': () => new Worker('/assets/x.js'),
    'a policy of its own': () => policies.createPolicy('mine', { createHTML: (text: string) => text }),
    'another default policy': () => policies.createPolicy('default', { createHTML: (text: string) => text }),
  };
  return Object.fromEntries(
    Object.entries(ways).map(([name, attempt]) => {
      try {
        attempt();
        return [name, 'done'];
      } catch (error) {
        return [name, error instanceof Error ? error.name : 'thrown'];
      }
    }),
  );
}

bareTest('row 29: a string becomes neither HTML nor a script, on any page', async ({ browser }) => {
  await using network = await TestNetwork.start();
  const page = await (await browser.newContext()).newPage();
  const pages = [
    ...['/', '/launcher', '/playground', '/instances/unknown', '/no-such-page'].map(
      (path) => network.instanceUrl + path,
    ),
    ...[
      '/',
      '/sign-in',
      '/sign-up',
      '/forgot-password',
      '/reset-password',
      '/verify-email',
      '/device',
      '/no-such-page',
    ].map((path) => network.cloudUrl + path),
  ];
  for (const address of pages) {
    await page.goto(address);
    await expect(page.getByRole('heading').first()).toBeVisible();
    const outcomes = await page.evaluate(attempts);
    // The page that is no page of the app has no policy either, so the name is free there; its HTML is fixed.
    if (!address.endsWith('/no-such-page'))
      expect(outcomes['another default policy'], address).toBe('TypeError');
    delete outcomes['another default policy'];
    for (const [way, outcome] of Object.entries(outcomes))
      expect(outcome, `${way} at ${address}`).toBe('TypeError');
    expect(await page.title()).not.toBe('taken over');
  }
});

test('the playground works within its policy: workers, completion, descriptions', async ({
  network,
  newPerson,
}) => {
  const page = await (await newPerson()).newPage();
  await claimAsOwner(page, network, 'owner@example.test', 'Lab');
  await page.goto(`${network.instanceUrl}/playground`);
  await runStartingQuery(page, 'owner@example.test');
  await expect.poll(() => page.workers().length).toBe(3);
  await page.locator('.graphiql-editor .view-lines').first().click();
  await page.keyboard.press('Control+Space');
  await expect(page.locator('.suggest-widget')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /Documentation Explorer/ }).click();
  const docs = page.locator('.graphiql-doc-explorer');
  await docs.getByText('Query', { exact: true }).click();
  await expect(docs.getByText('This instance. Its public part needs no token.')).toBeVisible();
});
