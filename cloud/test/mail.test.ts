import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseSmtpUrl } from '../src/accounts/mail/smtp-config.ts';
import { authenticatorCode, earlierAuthenticatorCode } from './authenticator-app.ts';
import { linkTokenIn, MailServer } from './mail-server.ts';
import { TestAuthenticator } from './test-authenticator.ts';
import {
  answerOf,
  claimsOf,
  cookiesOf,
  instanceMetadata,
  type Members,
  password,
  TestAccount,
  TestBrowser,
  TestInstance,
} from './test-clients.ts';
import { moveClock, TestCloud } from './test-cloud.ts';

const smtpPassword = 'swordfish-of-the-mail-server';
const newPassword = 'mauve otter paints tuba';

afterEach(() => vi.useRealTimers());

const isSignedIn = async (cloud: TestCloud, cookie: string) =>
  (await (await cloud.get('/api/auth/get-session', { headers: { cookie } })).json()) !== null;

describe('with a mail server', () => {
  let mails: MailServer;
  let cloud: TestCloud;

  beforeEach(async () => {
    mails = await MailServer.start(smtpPassword);
    const smtp = parseSmtpUrl(`smtp://holdfast:${smtpPassword}@127.0.0.1:${mails.port}`);
    // Passkeys need a name.
    const listen = { host: 'localhost', port: 0 };
    cloud = await TestCloud.start({}, { listen, smtp, mailFrom: 'cloud@example.test' });
  });

  afterEach(async () => {
    await cloud[Symbol.asyncDispose]();
    await mails[Symbol.asyncDispose]();
  });

  const post = async (path: string, body: Members) => cloud.post(path, body, { origin: cloud.url });
  const signUp = async () =>
    post('/api/auth/sign-up/email', { name: 'ann', email: 'ann@example.test', password });
  const signIn = async (secret = password) =>
    post('/api/auth/sign-in/email', { email: 'ann@example.test', password: secret });

  /** An account whose address is confirmed; the first mail. */
  async function confirmedAccount(): Promise<void> {
    await signUp();
    const token = linkTokenIn((await mails.mail(1)).source, 'verify-email');
    expect((await post('/api/links/email/redeem', { token, password })).status).toBe(200);
  }

  test('an account is let in once its address is confirmed', async () => {
    const response = await signUp();
    expect([response.status, response.headers.getSetCookie()]).toEqual([200, []]);
    const mail = await mails.mail(1);
    expect([mail.from, mail.to]).toEqual(['cloud@example.test', ['ann@example.test']]);
    expect(mail.source).toContain('Subject: Confirm your email address for Holdfast');
    expect((await answerOf(signIn())).body.code).toBe('EMAIL_NOT_VERIFIED');

    // Whoever knows the password gets a link again.
    const token = linkTokenIn((await mails.mail(2)).source, 'verify-email');
    expect((await answerOf(post('/api/links/email/redeem', { token, password }))).body).toEqual({
      verified: true,
    });
    const again = await answerOf(post('/api/links/email/redeem', { token, password }));
    expect([again.status, again.body.error]).toEqual([410, 'useless_link']);
    const entered = await signIn();
    expect(entered.status).toBe(200);
    const { body } = await answerOf(
      cloud.get('/api/account/email', { headers: { cookie: cookiesOf(entered) } }),
    );
    expect(body).toEqual({ verified: true });
  });

  test('signing up says nothing of an account that is there; its owner hears of it', async () => {
    const first = await answerOf(signUp());
    const second = await answerOf(signUp());
    const shape = ({ status, body }: typeof first) => {
      const user = body.user as Members;
      return {
        status,
        keys: Object.keys(body),
        user: { ...user, id: String(user.id).length, createdAt: 0, updatedAt: 0 },
      };
    };
    expect(shape(second)).toEqual(shape(first));
    const mail = await mails.mail(2);
    expect(mail.source).toContain('Subject: You already have a Holdfast account');
    expect(mail.source).not.toContain('#link=');
  });

  test('row 59: whoever gets the link for an account of somebody else does not let them in by it', async () => {
    await signUp();
    const token = linkTokenIn((await mails.mail(1)).source, 'verify-email');
    const redeem = async (secret?: string) =>
      answerOf(post('/api/links/email/redeem', { token, ...(secret !== undefined && { password: secret }) }));
    for (const wrong of [undefined, 'a guess of the addressee']) {
      const { status, body } = await redeem(wrong);
      expect([status, body.error]).toEqual([403, 'wrong_password']);
    }
    expect((await answerOf(signIn())).body.code).toBe('EMAIL_NOT_VERIFIED');
    expect((await redeem(password)).status).toBe(200);
  });

  test('a forgotten password is replaced by a link, once, which ends every session', async () => {
    await confirmedAccount();
    const cookie = cookiesOf(await signIn());
    await post('/api/links/password-reset', { email: 'ANN@example.test ' });
    await post('/api/links/password-reset', { email: 'ann@example.test' });
    const token = linkTokenIn((await mails.mail(2)).source, 'reset-password');
    const other = linkTokenIn((await mails.mail(3)).source, 'reset-password');
    expect(
      (await answerOf(post('/api/links/password-reset/redeem', { token, password: 'password1234' }))).body
        .error,
    ).toBe('password_too_weak');
    const redeem = async (link: string) =>
      post('/api/links/password-reset/redeem', { token: link, password: newPassword });
    const statuses = (await Promise.all([redeem(token), redeem(token)])).map(({ status }) => status);
    expect(statuses.toSorted((one, two) => one - two)).toEqual([200, 410]);
    expect((await redeem(other)).status).toBe(410);
    expect(await isSignedIn(cloud, cookie)).toBe(false);
    expect([(await signIn()).status, (await signIn(newPassword)).status]).toEqual([401, 200]);
  });

  test('row 58: mails of one kind, of which there are 20 an hour, use up none of another', async () => {
    await confirmedAccount();
    const cookie = cookiesOf(await signIn());
    const account = async (path: string, body: Members = {}) =>
      answerOf(cloud.post(`/api/account/${path}`, body, { origin: cloud.url, cookie }));
    const listed = async () =>
      (await answerOf(cloud.get('/api/account/registration-keys', { headers: { cookie } }))).body;
    const [workspace] = (await listed()).workspaces as { id: string }[];
    const key = { workspace: workspace?.id, label: 'CI', lifetime_seconds: 60, uses: 1 };
    for (let made = 0; made < 22; made += 1) {
      expect((await account('registration-keys/create', key)).status).toBe(200);
      const [{ id } = { id: '' }] = (await listed()).keys as { id: string }[];
      expect((await account('registration-keys/revoke', { id })).status).toBe(200);
    }
    expect((await account('password', { password: newPassword })).status).toBe(200);
    await vi.waitUntil(
      () => mails.received.some(({ source }) => source.includes('password was replaced')),
      5_000,
    );
    const ofKeys = mails.received.filter(({ source }) =>
      source.includes('Subject: A registration key was made'),
    );
    expect(ofKeys).toHaveLength(20);
  });

  test('a registration key is told of, with where to revoke it, and is not in the mail', async () => {
    await confirmedAccount();
    const cookie = cookiesOf(await signIn());
    const { body } = await answerOf(cloud.get('/api/account/registration-keys', { headers: { cookie } }));
    const [workspace] = body.workspaces as { id: string }[];
    const made = await answerOf(
      cloud.post(
        '/api/account/registration-keys/create',
        { workspace: workspace?.id, label: 'CI', lifetime_seconds: 60, uses: 1 },
        { origin: cloud.url, cookie },
      ),
    );
    const { source } = await mails.mail(2);
    expect(source).toContain('Subject: A registration key was made for your Holdfast workspace');
    expect(source).toContain(`${cloud.url}/registration-keys`);
    expect(source).not.toContain(String(made.body.key).slice(6));
  });

  test('an instance that is removed is told of, with what to do if somebody else did it', async () => {
    await confirmedAccount();
    const account = await TestAccount.signIn(cloud);
    const instance = await TestInstance.register(cloud);
    const tokens = await (await TestBrowser.open(cloud)).signIn(instance, account);
    await instance.claim(claimsOf(tokens).workspace);
    await account.post('/api/account/instances/remove', { client_id: instance.clientId });
    const { source } = await mails.mail(2);
    expect(source).toContain('Subject: An instance was removed from your Holdfast workspace');
    expect(source).toContain('--reset-credentials');
  });

  test('a reset leaves second factor and passkeys as they are; both, and the page, are told of', async () => {
    await confirmedAccount();
    const cookie = cookiesOf(await signIn());
    const account = async (path: string, body: Members) =>
      answerOf(cloud.post(`/api/account/${path}`, body, { origin: cloud.url, cookie }));
    const { body: options } = await account('passkeys/options', {});
    const authenticator = new TestAuthenticator();
    const response = authenticator.create({ challenge: String(options.challenge), origin: cloud.url });
    expect((await account('passkeys/add', { name: 'Planted', response })).status).toBe(200);
    expect((await mails.mail(2)).source).toContain('Subject: A passkey was added to your Holdfast account');
    const secret = String((await account('second-factor/begin', {})).body.secret);
    await account('second-factor/on', { code: await earlierAuthenticatorCode(secret) });
    expect((await mails.mail(3)).source).toContain('Subject: Two-step sign-in is on');

    await post('/api/links/password-reset', { email: 'ann@example.test' });
    const token = linkTokenIn((await mails.mail(4)).source, 'reset-password');
    const redeemed = await post('/api/links/password-reset/redeem', { token, password: newPassword });
    expect([await redeemed.json(), redeemed.headers.getSetCookie()]).toEqual([
      { changed: true, passkeys: 1, registration_keys: 0, removed: false },
      [],
    ]);
    const notice = await mails.mail(5);
    expect(notice.to).toEqual(['ann@example.test']);
    expect(notice.source).toContain('Subject: Your Holdfast password was replaced');
    expect(notice.source).toContain(`${cloud.url}/security`);
    expect(notice.source).not.toContain('#link=');
    expect(await isSignedIn(cloud, cookie)).toBe(false);
    expect(await (await signIn(newPassword)).json()).toEqual({ second_factor_required: true });
  });

  test('the owner hears of a new password and of a second factor that is off, however many links were asked for', async () => {
    await confirmedAccount();
    const cookie = cookiesOf(await signIn());
    for (let asked = 0; asked < 8; asked += 1)
      await post('/api/links/password-reset', { email: 'ann@example.test' });
    await mails.mail(4);
    const account = async (path: string, body: Members = {}) =>
      answerOf(cloud.post(`/api/account/${path}`, body, { origin: cloud.url, cookie }));
    await account('password', { password: newPassword });
    expect((await mails.mail(5)).source).toContain('Subject: Your Holdfast password was replaced');
    await account('second-factor/off');
    const secret = String((await account('second-factor/begin')).body.secret);
    await account('second-factor/on', { code: authenticatorCode(secret) });
    expect((await mails.mail(6)).source).toContain('Subject: Two-step sign-in is on');
    await account('second-factor/off');
    expect((await mails.mail(7)).source).toContain('Subject: Two-step sign-in is off');
  });

  test('a reset is answered alike for every address, and sends nothing where there is no account', async () => {
    await confirmedAccount();
    const known = await answerOf(post('/api/links/password-reset', { email: 'ann@example.test' }));
    const unknown = await answerOf(post('/api/links/password-reset', { email: 'nobody@example.test' }));
    expect([unknown.status, unknown.body]).toEqual([known.status, known.body]);
    await mails.mail(2);
    expect(mails.received).toHaveLength(2);
  });

  test('a link for a new password is good for an hour, and for nothing else', async () => {
    await confirmedAccount();
    await post('/api/links/password-reset', { email: 'ann@example.test' });
    const token = linkTokenIn((await mails.mail(2)).source, 'reset-password');
    expect((await post('/api/links/email/redeem', { token, password })).status).toBe(410);
    moveClock(3_601);
    expect((await post('/api/links/password-reset/redeem', { token, password: newPassword })).status).toBe(
      410,
    );
  });

  /** How to ask for a link for Ann's account from any address, and how many links have come since she confirmed hers. */
  async function resetsBehindProxy() {
    cloud.config = { ...cloud.config, trustedProxies: ['127.0.0.0/8', '::1/128'] };
    await cloud.restart();
    await confirmedAccount();
    return {
      ask: async (address: string) => {
        const headers = { origin: cloud.url, 'x-forwarded-for': address };
        await cloud.post('/api/links/password-reset', { email: 'ann@example.test' }, headers);
      },
      arrived: async () => {
        await new Promise((resolve) => setTimeout(resolve, 500));
        return mails.received.length - 1;
      },
    };
  }

  test('row 59: a network gets three links an hour for an account, and does not keep its owner from one', async () => {
    const { ask, arrived } = await resetsBehindProxy();
    for (let asked = 0; asked < 8; asked += 1) await ask('198.51.100.66');
    expect(await arrived()).toBe(3);
    await ask('192.0.2.1');
    expect(await arrived()).toBe(4);
    // However many networks ask.
    for (let network = 0; network < 20; network += 1) await ask(`203.${network}.113.1`);
    expect(await arrived()).toBe(15);
  });

  test('row 59: nor does whoever owns a wide network', async () => {
    const { ask, arrived } = await resetsBehindProxy();
    for (let subnet = 0; subnet < 20; subnet += 1) await ask(`2001:db8:1:a${subnet + 10}::1`);
    expect(await arrived()).toBe(6);
    for (let subnet = 0; subnet < 20; subnet += 1) await ask(`2001:db8:1:${subnet + 10}00::1`);
    expect(await arrived()).toBe(9);
    for (let site = 2; site < 20; site += 1) await ask(`2001:db8:${site}::1`);
    expect(await arrived()).toBe(10);
    await ask('192.0.2.1');
    expect(await arrived()).toBe(11);
  });

  test('requests for links are limited by address, but not the links that are opened', async () => {
    await signUp();
    const token = linkTokenIn((await mails.mail(1)).source, 'verify-email');
    const statuses: number[] = [];
    for (let asked = 0; asked < 21; asked += 1) {
      statuses.push((await post('/api/links/password-reset', { email: `x${asked}@example.test` })).status);
    }
    expect(statuses).toEqual([...Array<number>(20).fill(200), 429]);
    for (let opened = 0; opened < 21; opened += 1) {
      const useless = { token: `${'A'.repeat(40)}${opened}`, password };
      expect((await post('/api/links/email/redeem', useless)).status).toBe(410);
    }
    expect((await post('/api/links/email/redeem', { token, password })).status).toBe(200);
  });

  test('row 59: whoever gets the link guesses twenty passwords in ten minutes, from anywhere', async () => {
    await signUp();
    const token = linkTokenIn((await mails.mail(1)).source, 'verify-email');
    const guess = async (secret: string) => post('/api/links/email/redeem', { token, password: secret });
    const statuses: number[] = [];
    for (let guessed = 0; guessed < 21; guessed += 1) statuses.push((await guess(`${guessed}`)).status);
    expect(statuses).toEqual([...Array<number>(20).fill(403), 429]);
    expect((await guess(password)).status).toBe(429);
  });

  test('row 33: links are asked for and redeemed by the cloud’s own pages only', async () => {
    for (const path of ['password-reset', 'password-reset/redeem', 'email/redeem']) {
      expect((await cloud.post(`/api/links/${path}`, {}, { origin: 'https://evil.test' })).status).toBe(403);
      expect((await cloud.get(`/api/links/${path}?token=x`)).status).not.toBe(200);
    }
  });

  test('row 48: no token and no password of the mail server lie in clear on the disk or in the log', async () => {
    await confirmedAccount();
    await post('/api/links/password-reset', { email: 'ann@example.test' });
    const token = linkTokenIn((await mails.mail(2)).source, 'reset-password');
    await mails[Symbol.asyncDispose]();
    await post('/api/links/password-reset', { email: 'ann@example.test' });
    await vi.waitFor(() => expect(cloud.logLines.join('')).toContain('a mail could not be sent'));
    const log = cloud.logLines.join('');
    expect(log).not.toContain('ann@example.test');
    for (const secret of [token, smtpPassword]) {
      expect(log).not.toContain(secret);
      for (const [name, content] of await cloud.everythingOnDisk())
        expect(content.includes(secret), name).toBe(false);
    }
  });

  test('a mail server that refuses the password is told of in the log, without the password', async () => {
    await using refused = await TestCloud.start(
      {},
      { smtp: parseSmtpUrl(`smtp://holdfast:a-wrong-password@127.0.0.1:${mails.port}`) },
    );
    const body = { name: 'ann', email: 'ann@example.test', password };
    expect((await refused.post('/api/auth/sign-up/email', body, { origin: refused.url })).status).toBe(200);
    await vi.waitFor(() => expect(refused.logLines.join('')).toContain('EAUTH'), { timeout: 5_000 });
    expect(refused.logLines.join('')).not.toContain('a-wrong-password');
  });
});

test.each<[string, (port: number) => string, string]>([
  ['nobody listens', () => 'smtp://127.0.0.1:1', 'Check host and port in --smtp-url'],
  ['no machine has the name', () => 'smtp://mail.invalid', 'Check the host in --smtp-url'],
  ['it speaks no TLS', (port) => `smtps://127.0.0.1:${port}`, 'as smtp:// for one with STARTTLS'],
  [
    'it refuses the password',
    (port) => `smtp://holdfast:wr0ng-one@127.0.0.1:${port}`,
    'HOLDFAST_CLOUD_SMTP_URL',
  ],
])(
  'a mail server that cannot be used: %s; the log says at the start what to do',
  async (_what, urlOf, words) => {
    await using mails = await MailServer.start(smtpPassword);
    await using cloud = await TestCloud.start({}, { smtp: parseSmtpUrl(urlOf(mails.port)) });
    const log = () => cloud.logLines.join('');
    await vi.waitFor(() => expect(log()).toContain('the mail server cannot be used: '), { timeout: 10_000 });
    expect(log()).toContain(words);
    expect(log()).not.toContain('wr0ng-one');
    expect((await cloud.get('/healthz')).status).toBe(200);
  },
);

test('a mail server that works is not complained about', async () => {
  await using mails = await MailServer.start(smtpPassword);
  const smtp = parseSmtpUrl(`smtp://holdfast:${smtpPassword}@127.0.0.1:${mails.port}`);
  await using cloud = await TestCloud.start({}, { smtp });
  await vi.waitFor(() => expect(mails.logins).toBe(1));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(cloud.logLines.join('')).not.toContain('mail server');
});

test('without a mail server, links go to the operator’s log, and accounts are let in at once', async () => {
  await using cloud = await TestCloud.start();
  const ann = await TestAccount.signUp(cloud);
  expect((await answerOf(cloud.get('/api/entry'))).body).toMatchObject({ sends_mail: false });
  await ann.post('/api/account/email/verification', {});
  await ann.post('/api/links/password-reset', { email: ann.email });
  const links = () => cloud.logLines.map((line) => JSON.parse(line) as Members).filter(({ link }) => link);
  await vi.waitFor(() => expect(links()).toHaveLength(2));
  const lines = links();
  const words = 'no mail server is set up (--smtp-url): pass this link on to its addressee';
  for (const line of lines) expect(line).toMatchObject({ level: 40, to: ann.email, msg: words });
  const verification = linkTokenIn(String(lines[0]?.link), 'verify-email');
  expect((await ann.post('/api/links/email/redeem', { token: verification, password })).status).toBe(200);
  const token = linkTokenIn(String(lines[1]?.link), 'reset-password');
  expect((await ann.post('/api/links/password-reset/redeem', { token, password: newPassword })).status).toBe(
    200,
  );
  expect(await isSignedIn(cloud, ann.cookie)).toBe(false);
});

test('row 59: where addresses have to be confirmed, that goes for whoever signs in with a passkey, too', async () => {
  await using mails = await MailServer.start(smtpPassword);
  await using cloud = await TestCloud.start({}, { listen: { host: 'localhost', port: 0 } });
  const ann = await TestAccount.signUp(cloud);
  const authenticator = new TestAuthenticator();
  const { challenge } = (await answerOf(ann.post('/api/account/passkeys/options', {}))).body;
  const response = authenticator.create({ challenge: String(challenge), origin: cloud.url });
  await ann.post('/api/account/passkeys/add', { name: 'early', response });
  const smtp = parseSmtpUrl(`smtp://holdfast:${smtpPassword}@127.0.0.1:${mails.port}`);
  cloud.config = { ...cloud.config, smtp, mailFrom: 'cloud@example.test' };
  await cloud.restart();

  const post = async (path: string, body: Members = {}) => cloud.post(path, body, { origin: cloud.url });
  const enterByPasskey = async () => {
    const { body } = await answerOf(post('/api/auth/sign-in/passkey/options'));
    const answer = authenticator.get({ challenge: String(body.challenge), origin: cloud.url });
    return post('/api/auth/sign-in/passkey', { response: answer });
  };
  const refused = await answerOf(enterByPasskey());
  const refusedPassword = await answerOf(post('/api/auth/sign-in/email', { email: ann.email, password }));
  expect([refused.status, refused.body]).toEqual([403, refusedPassword.body]);
  expect([refused.body.code, refused.headers.getSetCookie()]).toEqual(['EMAIL_NOT_VERIFIED', []]);
  const token = linkTokenIn((await mails.mail(1)).source, 'verify-email');
  expect((await post('/api/links/email/redeem', { token, password })).status).toBe(200);
  expect((await enterByPasskey()).status).toBe(200);
});

describe('row 59: an account that somebody else has made with an address', () => {
  let cloud: TestCloud;
  let mallory: TestAccount;
  const authenticator = new TestAuthenticator();

  beforeEach(async () => {
    cloud = await TestCloud.start({}, { listen: { host: 'localhost', port: 0 } });
    mallory = await TestAccount.signUp(cloud);
    const act = async (path: string, body: Members = {}) =>
      (await answerOf(mallory.post(`/api/account/${path}`, body))).body;
    const { challenge } = await act('passkeys/options');
    const response = authenticator.create({ challenge: String(challenge), origin: cloud.url });
    expect(await act('passkeys/add', { name: 'planted', response })).toEqual({ added: true });
    const { secret } = await act('second-factor/begin');
    await act('second-factor/on', { code: await earlierAuthenticatorCode(String(secret)) });
  });

  afterEach(async () => cloud[Symbol.asyncDispose]());

  const post = async (path: string, body: Members = {}) => cloud.post(path, body, { origin: cloud.url });
  const linkIn = (page: string) => linkTokenIn(cloud.logLines.join(''), page);

  async function reset(): Promise<Members> {
    await post('/api/links/password-reset', { email: mallory.email });
    await vi.waitUntil(() => linkIn('reset-password') !== '', 5_000);
    const token = linkIn('reset-password');
    return (await answerOf(post('/api/links/password-reset/redeem', { token, password: newPassword }))).body;
  }

  const enterByPasskey = async () => {
    const { challenge } = (await answerOf(post('/api/auth/sign-in/passkey/options'))).body;
    const response = authenticator.get({ challenge: String(challenge), origin: cloud.url });
    return post('/api/auth/sign-in/passkey', { response });
  };
  const enter = async () => post('/api/auth/sign-in/email', { email: mallory.email, password: newPassword });

  /** A key for two instances of the account's own workspace. */
  async function makeKey(): Promise<string> {
    const path = '/api/account/registration-keys';
    const { body } = await answerOf(cloud.get(path, { headers: { cookie: mallory.cookie } }));
    const [workspace] = body.workspaces as { id: string }[];
    const key = { workspace: workspace?.id, label: 'Planted', lifetime_seconds: 3_600, uses: 2 };
    return String((await answerOf(mallory.post(`${path}/create`, key))).body.key);
  }
  const register = async (key: string) =>
    (await cloud.post('/reg', instanceMetadata, { authorization: `Bearer ${key}` })).status;

  test('is its owner’s alone after a reset, which confirms the address', async () => {
    const key = await makeKey();
    expect(await register(key)).toBe(201);
    expect(await reset()).toEqual({ changed: true, passkeys: 0, registration_keys: 0, removed: true });
    expect(await register(key)).toBe(401);
    expect((await enterByPasskey()).status).toBe(401);
    expect(await isSignedIn(cloud, mallory.cookie)).toBe(false);
    const entered = await enter();
    expect((await entered.json()) as Members).not.toHaveProperty('second_factor_required');
    const { body } = await answerOf(
      cloud.get('/api/account/email', { headers: { cookie: cookiesOf(entered) } }),
    );
    expect(body).toEqual({ verified: true });
  });

  test('is said to have lost something where that was a key alone', async () => {
    await mallory.post('/api/account/second-factor/off', {});
    const { body } = await answerOf(
      cloud.get('/api/account/passkeys', { headers: { cookie: mallory.cookie } }),
    );
    const [passkey] = body.passkeys as { id: string }[];
    await mallory.post('/api/account/passkeys/remove', { id: passkey?.id });
    await makeKey();
    expect(await reset()).toMatchObject({ passkeys: 0, registration_keys: 0, removed: true });
  });

  test('keeps what its owner has set up, once the address was confirmed', async () => {
    await mallory.post('/api/account/email/verification', {});
    await vi.waitUntil(() => linkIn('verify-email') !== '', 5_000);
    const token = linkIn('verify-email');
    expect((await post('/api/links/email/redeem', { token, password })).status).toBe(200);
    const key = await makeKey();
    expect(await reset()).toEqual({ changed: true, passkeys: 1, registration_keys: 1, removed: false });
    expect(await register(key)).toBe(201);
    expect((await enterByPasskey()).status).toBe(200);
    expect(await (await enter()).json()).toEqual({ second_factor_required: true });
  });
});
