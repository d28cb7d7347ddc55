import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { authenticatorCode } from './authenticator-app.ts';
import { run } from './command.ts';
import { MailServer } from './mail-server.ts';
import {
  answerOf,
  company,
  password,
  type TestAccount,
  type TestBrowser,
  type Tokens,
} from './test-clients.ts';
import { TestCloud } from './test-cloud.ts';

vi.setConfig({ testTimeout: 60_000 });

let cloud: TestCloud;
let ann: TestAccount;
let browser: TestBrowser;
let tokens: Tokens;

beforeEach(async () => {
  cloud = await TestCloud.start();
  const { instance, account, browser: hers } = await company(cloud);
  [ann, browser] = [account, hers];
  tokens = await browser.signIn(instance, ann);
  const { secret } = (await answerOf(ann.post('/api/account/second-factor/begin', {}))).body;
  const on = await ann.post('/api/account/second-factor/on', { code: authenticatorCode(String(secret)) });
  expect(on.status).toBe(200);
});

afterEach(async () => cloud[Symbol.asyncDispose]());

/** In a process of its own, while the cloud runs. */
const reset = async (email: string, env: Record<string, string> = {}) =>
  run(['accounts', 'reset-second-factor', email], {
    HOLDFAST_CLOUD_DATA_PATH: cloud.config.dataPath,
    ...env,
  });

const signIn = async () =>
  answerOf(cloud.post('/api/auth/sign-in/email', { email: ann.email, password }, { origin: cloud.url }));

test('row 57: the operator turns a second factor off that keeps its owner out; all are signed out', async () => {
  expect((await signIn()).body).toEqual({ second_factor_required: true });
  const keys = '/api/account/registration-keys';
  const { body } = await answerOf(cloud.get(keys, { headers: { cookie: ann.cookie } }));
  const [workspace] = body.workspaces as { id: string }[];
  const key = { workspace: workspace?.id, label: 'CI', lifetime_seconds: 3_600, uses: 1 };
  expect((await ann.post(`${keys}/create`, key)).status).toBe(200);
  const { output, errors, exitCode } = await reset(' Ann@Example.test ');
  expect([exitCode, errors]).toEqual([0, '']);
  expect(output).toContain('Two-step sign-in is off');
  expect(output).toContain('Tell the owner yourself');
  expect(output).not.toContain('passkeys');
  expect(output).toContain('Its registration keys (1) add instances as before');
  const sessions = await cloud.get('/api/account/sessions', { headers: { cookie: ann.cookie } });
  expect(sessions.status).toBe(401);
  expect((await answerOf(browser.refresh(tokens.refresh_token))).body.error).toBe('invalid_grant');
  expect((await signIn()).body).toMatchObject({ user: { email: ann.email } });
});

test('row 57: the owner gets a mail; a second time changes nothing', async () => {
  await using mails = await MailServer.start('swordfish');
  const env = { HOLDFAST_CLOUD_SMTP_URL: `smtp://holdfast:swordfish@127.0.0.1:${mails.port}` };
  const { output, exitCode } = await reset(ann.email, env);
  expect([exitCode, output]).toEqual([0, expect.stringContaining('A mail tells the owner.')]);
  const mail = await mails.mail(1);
  expect(mail.to).toEqual([ann.email]);
  expect(mail.source).toContain('Subject: Two-step sign-in is off');
  const again = await reset(ann.email, env);
  expect([again.exitCode, again.output]).toEqual([0, expect.stringContaining('Nothing was changed')]);
  expect(mails.received).toHaveLength(1);
});

test('an unknown address, and a password of the mail server among the arguments, are refused', async () => {
  const unknown = await reset('nobody@example.test');
  expect([unknown.exitCode, unknown.output]).toEqual([1, '']);
  expect(unknown.errors).toContain('No account here has the address');
  const told = await run([
    ...['accounts', 'reset-second-factor', ann.email, '--data-path', cloud.config.dataPath],
    ...['--smtp-url', 'smtps://ada:s3cret@mail.example.test'],
  ]);
  expect(told.exitCode).toBe(1);
  expect(told.errors).toContain('HOLDFAST_CLOUD_SMTP_URL');
  expect(told.errors).not.toContain('s3cret');
  expect((await signIn()).body).toEqual({ second_factor_required: true });
});
