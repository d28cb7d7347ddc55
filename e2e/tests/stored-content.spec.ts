import type { BrowserContext, Page } from 'playwright/test';
import { expect, password, startSignIn, test } from '../browser-test.ts';
import { graphql, ScriptedAccount, startDeviceLogin } from '../scripted-client.ts';

// Names are chosen by people, and browsers say themselves what they are: whatever stands there is text to those who read it.

/** Each would call `ran`, or show a dialog, where a page took it for more than text. */
const corpus = [
  '<script>ran("script")</script>',
  '</title></textarea></script><script>ran("closed")</script>',
  '<img src=x onerror=ran("img")>',
  '"><img src=x onerror=ran("quoted")>',
  "'-ran('inquotes')-'",
  '<svg/onload=ran("svg")>',
  '<svg><animate onbegin=ran("animate") attributeName=x dur=1s>',
  '<math><mglyph><style></math><img src onerror=ran("mxss")>',
  '<iframe srcdoc="<script>parent.ran(1)</script>">',
  '<iframe src=javascript:parent.ran("frame")>',
  '<a href=javascript:ran("a") autofocus onfocus=ran("b")>x</a>',
  'javascript:ran("address")',
  'data:text/html,<script>ran("data")</script>',
  '[x](javascript:ran("markdown"))',
  '<details open ontoggle=ran("toggle")>',
  '<style>@import "data:,*{x:expression(ran(1))}"</style>',
  '<meta http-equiv=refresh content="0;javascript:ran(1)">',
  '<base href=javascript:ran(1)//>',
  '{{constructor.constructor("ran(1)")()}}',
  `$\{ran("template")}`,
  '<!--<img src="--><img src=x onerror=ran("comment")>',
  '&lt;img src=x onerror=ran("entities")&gt;',
  '\\u003cimg src=x onerror=ran("escaped")\\u003e',
  '__proto__',
] as const;

/** Of the browser's own: what ran, and what asked the person something. */
async function watch(context: BrowserContext): Promise<string[]> {
  const events: string[] = [];
  await context.exposeFunction('ran', (what: unknown) => events.push(`ran: ${String(what)}`));
  context.on('dialog', (dialog) => {
    events.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return events;
}

async function expectText(page: Page, texts: readonly string[]): Promise<void> {
  for (const text of texts) await expect(page.getByText(text).first(), page.url()).toBeVisible();
}

test('row 36: of names and browsers that are script, nothing runs on any page that shows them', async ({
  network,
  newPerson,
}) => {
  const { instanceUrl, cloudUrl } = network;
  const context = await newPerson();
  const events = await watch(context);
  const page = await context.newPage();
  const email = 'owner@example.test';
  const [hostileName, hostileAgent, nextAgent] = [corpus[2], corpus[5], corpus[1]];

  await test.step('the watch sees what runs', async () => {
    const other = await context.newPage();
    await other.setContent('<img src=x onerror=ran("seen")>');
    await expect.poll(() => events).toEqual(['ran: seen']);
    events.length = 0;
    await other.close();
  });

  await test.step('the owner and the instance are named that way from the beginning', async () => {
    await page.goto(network.printedUrl);
    const { cloudPage } = await startSignIn(page);
    await cloudPage.getByRole('textbox', { name: 'Name' }).fill(hostileName);
    await cloudPage.getByLabel('Email').fill(email);
    await cloudPage.getByRole('textbox', { name: 'Password' }).fill(password);
    await cloudPage.getByRole('button', { name: 'Create account' }).click();
    await cloudPage.getByLabel('Name of the instance').fill(corpus[0]);
    await cloudPage.getByRole('button', { name: 'Approve' }).click();
    await cloudPage.close();
    await expect(page.getByRole('heading', { name: corpus[0], level: 1 })).toBeVisible();
  });

  const { resource } = await network.publicInstance();
  const account = await ScriptedAccount.signIn(cloudUrl, email, { 'user-agent': nextAgent });
  const login = await startDeviceLogin(cloudUrl, resource, { 'user-agent': hostileAgent });
  const { userCode, matchCode: match_code } = login;
  await account.device('approve', { user_code: userCode, match_code });
  const tokens = await login.finish();

  await test.step('every other name of the corpus, as it appears on the overview by itself', async () => {
    const rename =
      'mutation ($name: String!) { renameInstance(name: $name) { ... on InstanceRenamed { instance { name } } } }';
    for (const name of corpus) {
      const response = await graphql(instanceUrl, tokens, rename, { name }, { 'user-agent': name });
      expect(await response.json()).toEqual({ data: { renameInstance: { instance: { name } } } });
      await expect(page.getByRole('heading', { name, level: 1, exact: true })).toBeVisible();
    }
  });

  await test.step('the pages of the instance', async () => {
    await page.goto(`${instanceUrl}/audit`);
    await expectText(page, [hostileName]);
    await page.goto(`${instanceUrl}/sessions`);
    await expectText(page, [hostileName]);
    await page.goto(`${instanceUrl}/launcher`);
    await expectText(page, ['__proto__']);
    for (const name of corpus) {
      await page.getByRole('button', { name: /^More for / }).click();
      await page.getByRole('menuitem', { name: 'Rename' }).click();
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await expect(page.getByRole('article', { name, exact: true })).toBeVisible();
    }
    await page.goto(`${instanceUrl}/playground`);
    await expect(page.locator('.graphiql-editor .view-lines').first()).toContainText('viewer');
  });

  await test.step('the pages of the cloud', async () => {
    await graphql(
      instanceUrl,
      tokens,
      'mutation { renameInstance(name: "<img src=x onerror=ran(1)>") { __typename } }',
    );
    const waiting = await startDeviceLogin(cloudUrl, resource, {
      'user-agent': hostileAgent,
      origin: 'https://<script>ran(1)</script>',
    });
    await page.goto(`${cloudUrl}/device#user_code=${waiting.userCode}`);
    await expectText(page, ['<img src=x onerror=ran(1)>']);
    await page.goto(cloudUrl);
    await expectText(page, [hostileName, '<img src=x onerror=ran(1)>']);
    await page.goto(`${cloudUrl}/security`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await page.waitForTimeout(500);
  });

  expect(events).toEqual([]);
});
