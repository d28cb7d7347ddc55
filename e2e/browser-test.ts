import { AxeBuilder } from '@axe-core/playwright';
import { type BrowserContext, test as base, expect, type Locator, type Page } from 'playwright/test';
import { TestNetwork } from './test-network.ts';

/** What every browser test gets: servers of its own and people with browsers of their own. */
interface Fixtures {
  network: TestNetwork;
  newPerson: NewPerson;
}

/** A browser profile of one more person. What its pages ask for or complain about is watched. */
export type NewPerson = (options?: NewPersonOptions) => Promise<BrowserContext>;

interface NewPersonOptions {
  /** Servers besides the network's own that this person means to use. */
  servers?: readonly Pick<TestNetwork, 'instanceUrl' | 'cloudUrl'>[];
}

export const password = 'correct horse battery staple';

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of fixtures from this pattern
  network: async ({}, use) => {
    await using network = await TestNetwork.start();
    await use(network);
  },

  newPerson: async ({ browser, network }, use) => {
    const foreignRequests: string[] = [];
    const complaints: string[] = [];
    await use(async ({ servers = [] } = {}) => {
      const context = await browser.newContext();
      const origins = new Set(
        [network, ...servers].flatMap(({ instanceUrl, cloudUrl }) => [instanceUrl, cloudUrl]),
      );
      context.on('request', (request) => {
        const url = new URL(request.url());
        const isOurs = origins.has(url.origin) || !/^(https?|wss?):$/.test(url.protocol);
        if (!isOurs) foreignRequests.push(request.url());
      });
      await context.exposeFunction('tellViolation', (violation: string) => complaints.push(violation));
      await context.addInitScript(() => {
        addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) => {
          const { tellViolation } = globalThis as unknown as { tellViolation: (violation: string) => void };
          tellViolation(`${effectiveDirective} was violated at ${location.href}: ${blockedURI} ${sample}`);
        });
      });
      context.on('weberror', (webError) => complaints.push(webError.error().message));
      context.on('console', (message) => {
        if (
          /content security policy|trusted ?types?|TrustedHTML|hydration|unique "key"/i.test(message.text())
        )
          complaints.push(message.text());
      });
      return context;
    });
    expect(foreignRequests, 'requests to other servers than the two').toEqual([]);
    expect(complaints, 'uncaught errors and policy violations in the pages').toEqual([]);
  },
});

export { expect };

/** Presses Sign in and returns the user code and the cloud's page that this opened. */
export async function startSignIn(page: Page): Promise<{ userCode: string; cloudPage: Page }> {
  const cloudPage = await openedBy(page, page.getByRole('button', { name: 'Sign in', exact: true }));
  await expect(page.getByText('waiting for your approval')).toBeVisible();
  const label = await page.getByRole('img', { name: /^Your code:/ }).getAttribute('aria-label');
  const userCode = (label ?? '').replace('Your code:', '').replaceAll(' ', '');
  return { userCode, cloudPage };
}

/** Clicks what opens the cloud's page in another tab, and waits for that page. */
export async function openedBy(page: Page, control: Locator): Promise<Page> {
  const opened = page.context().waitForEvent('page');
  await control.click();
  const cloudPage = await opened;
  await cloudPage.waitForURL(/^http.*\/device/);
  return cloudPage;
}

/** Where an account is created: a link of the sign-in page away, unless there is none yet that could sign in. */
export async function openSignUp(cloudPage: Page): Promise<void> {
  const link = cloudPage.getByRole('link', { name: 'Create one' });
  const form = cloudPage.getByRole('button', { name: 'Create account' });
  await expect(link.or(form)).toBeVisible();
  if (await link.isVisible()) await link.click();
  await expect(form).toBeVisible();
}

/** Creates an account in the cloud's pages, starting where one is asked to sign in. */
export async function signUp(cloudPage: Page, email: string): Promise<void> {
  await openSignUp(cloudPage);
  await cloudPage.getByRole('textbox', { name: 'Name' }).fill(email.split('@')[0] as string);
  await cloudPage.getByLabel('Email').fill(email);
  await cloudPage.getByRole('textbox', { name: 'Password' }).fill(password);
  await cloudPage.getByRole('button', { name: 'Create account' }).click();
}

/** Approves what the page asks, naming an unclaimed instance. */
export async function approve(cloudPage: Page, instanceName?: string): Promise<void> {
  if (instanceName !== undefined) await cloudPage.getByLabel('Name of the instance').fill(instanceName);
  await cloudPage.getByRole('button', { name: 'Approve' }).click();
  await expect(cloudPage.getByRole('heading', { name: 'Approved' })).toBeVisible();
}

/** The digits that the page shows where the sign-in began. */
export async function matchCodeOf(page: Page): Promise<string> {
  const code = await page.getByRole('img', { name: /^Match code:/ }).textContent();
  expect(code).toMatch(/^\d{2}$/);
  return code ?? '';
}

/** From the printed address to the overview: the first owner's first minute. */
export async function claimAsOwner(
  page: Page,
  network: Pick<TestNetwork, 'printedUrl'>,
  email: string,
  instanceName: string,
): Promise<void> {
  await page.goto(network.printedUrl);
  const { cloudPage } = await startSignIn(page);
  await signUp(cloudPage, email);
  await approve(cloudPage, instanceName);
  await cloudPage.close();
  await expect(page.getByRole('heading', { name: instanceName, level: 1 })).toBeVisible();
}

/** Runs the query that the playground starts with, once its editor is there, and waits for the answer about `email`. */
export async function runStartingQuery(page: Page, email: string): Promise<void> {
  await expect(page.locator('.graphiql-editor .view-lines').first()).toContainText('viewer');
  await page.getByRole('button', { name: /Execute query/ }).click();
  await expect(page.locator('.result-window')).toContainText(email);
}

/** WCAG 2.2 AA by axe, in light and in dark. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.bringToFront();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // A page that has not changed its colours yet, or still fades in, has some that it is not made of. The servers' own
    // pages, for addresses where nothing is, have no script that would change them.
    await page.waitForFunction((scheme) => {
      const current = document.documentElement.dataset.mantineColorScheme;
      return current === undefined || current === scheme;
    }, colorScheme);
    await page.waitForTimeout(500);
    // On a busy machine a transition takes longer than it says; in a tab behind another one it may stand still.
    await page.waitForFunction(() =>
      document.getAnimations().every((animation) => !(animation instanceof CSSTransition)),
    );
    const { violations } = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
      .analyze();
    const findings = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
    expect(findings, `${page.url()} in ${colorScheme}`).toEqual([]);
  }
}
