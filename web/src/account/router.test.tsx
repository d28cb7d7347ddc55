import { createMemoryHistory, type RegisteredRouter, RouterProvider } from '@tanstack/react-router';
import { render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AccountCloud, accountSession, ada, entry, routeOf } from '../../test/account-cloud.ts';
import { settle } from '../../test/clock.ts';
import { deviceRequest } from '../../test/device-requests.ts';
import { json, silence } from '../../test/fake-network.ts';
import '../../test/render.tsx';
import { OtherWindow } from '../../test/windows.ts';
import { AppProviders } from '../components/AppProviders.tsx';
import { date } from '../components/instant-words.ts';
import { createAccountRouter } from './router.tsx';
import { createUserCodeStore, type UserCodeStore } from './user-code-store.ts';

let cloud: AccountCloud;
let userCodes: UserCodeStore;

beforeEach(() => {
  cloud = new AccountCloud();
  userCodes = createUserCodeStore(undefined);
  vi.stubGlobal('fetch', cloud.fetch);
});

afterEach(() => {
  vi.useRealTimers();
});

/** Opens the account pages as a browser does that follows a link. */
function open(path: string, linkToken?: string) {
  const history = createMemoryHistory({ initialEntries: [path] });
  const visited: string[] = [];
  history.subscribe(({ location }) => visited.push(location.pathname));
  const router = createAccountRouter({ userCodes, history, linkToken });
  endCircles(router);
  render(
    <AppProviders env="test">
      <RouterProvider router={router as unknown as RegisteredRouter} />
    </AppProviders>,
  );
  return {
    user: userEvent.setup({ delay: null }),
    history,
    /** Every address after the first, in the order of the visits. */
    visited,
  };
}

/** A page that leads to itself would keep the test from ending, or even from running out of time. */
function endCircles(router: ReturnType<typeof createAccountRouter>): void {
  const { navigate } = router;
  let steps = 0;
  router.navigate = (destination) => {
    steps += 1;
    if (steps > 50) throw new Error('The pages lead in circles.');
    return navigate(destination);
  };
}

const field = (label: RegExp) => screen.findByLabelText(label);
const heading = (name: string) => screen.findByRole('heading', { level: 1, name });
const click = async (user: ReturnType<typeof open>['user'], role: 'button' | 'link', name: string) =>
  user.click(await screen.findByRole(role, { name }));

async function fillIn(user: ReturnType<typeof open>['user'], fields: Record<string, string>): Promise<void> {
  for (const [label, text] of Object.entries(fields)) {
    await user.type(await field(new RegExp(`^${label}`)), text);
  }
}

describe('somebody without an account who follows the link of an instance', () => {
  beforeEach(() => userCodes.set('WDJB-MJHT'));

  it('creates one and is led back to the decision, once', async () => {
    const { user, visited, history } = open('/device');
    await heading('Sign in');
    await click(user, 'link', 'Create one');
    await fillIn(user, { Name: 'Ada', Email: 'ada@example.test', Password: 'correct horse battery' });
    await click(user, 'button', 'Create account');
    await heading('Approve this sign-in?');
    await settle();
    expect(visited).toEqual(['/sign-in', '/sign-up', '/device']);
    expect(history.location.pathname).toBe('/device');
    expect(cloud.posted('/api/device/lookup')).toEqual([{ user_code: 'WDJB-MJHT', account_id: ada.id }]);
  });

  it('signs in and is led back to the decision, once', async () => {
    const { user, visited } = open('/device');
    await fillIn(user, { Email: 'ada@example.test', Password: 'correct horse battery' });
    await click(user, 'button', 'Sign in');
    await heading('Approve this sign-in?');
    await settle();
    expect(visited).toEqual(['/sign-in', '/device']);
  });

  it('does not find the forms in the history afterwards', async () => {
    const { user, history } = open('/device');
    await fillIn(user, { Email: 'ada@example.test', Password: 'correct horse battery' });
    await click(user, 'button', 'Sign in');
    await heading('Approve this sign-in?');
    expect(history.length).toBe(1);
  });
});

describe('where to go after signing in', () => {
  it('is the start page where nothing else was asked for', async () => {
    const { user, visited } = open('/sign-in');
    await fillIn(user, { Email: 'ada@example.test', Password: 'correct horse battery' });
    await click(user, 'button', 'Sign in');
    await heading('Your instances');
    await settle();
    expect(visited).toEqual(['/']);
  });

  it.each(['/sign-in?returnTo=https://attacker.test', '/sign-in?returnTo=/device', '/sign-in#/device'])(
    'cannot be said by a link: %s',
    async (path) => {
      cloud.signedIn = ada;
      const { visited } = open(path);
      await heading('Your instances');
      await settle();
      expect(visited).toEqual(['/']);
    },
  );

  it('is the registration keys where those were asked for', async () => {
    const { user, visited } = open('/registration-keys');
    await fillIn(user, { Email: 'ada@example.test', Password: 'correct horse battery' });
    await click(user, 'button', 'Sign in');
    await heading('Registration keys');
    await settle();
    expect(visited).toEqual(['/sign-in', '/registration-keys']);
  });

  it('somebody who is signed in sees no form', async () => {
    cloud.signedIn = ada;
    open('/sign-up');
    await heading('Your instances');
    expect(cloud.posted('/api/auth/sign-up/email')).toEqual([]);
  });
});

describe('signing in where a second factor is on', () => {
  beforeEach(() => cloud.answerTo('/api/auth/sign-in/email', json({ second_factor_required: true })));

  async function enterPassword() {
    const opened = open('/security');
    await fillIn(opened.user, { Email: 'ada@example.test', Password: 'correct horse battery' });
    await click(opened.user, 'button', 'Sign in');
    await heading('Enter your code');
    return opened;
  }

  it('asks for the code, says that it was wrong, and goes on with the right one', async () => {
    cloud.answerTo(
      '/api/auth/sign-in/second-factor',
      json({ code: 'WRONG_CODE' }, { status: 401 }),
      (request) => {
        cloud.signedIn = ada;
        return json({ user: ada })(request);
      },
    );
    const { user } = await enterPassword();
    await user.type(await field(/^Code/), '000000{Enter}');
    expect((await screen.findByRole('alert')).textContent).toContain('This code is not right');
    await user.clear(await field(/^Code/));
    await user.type(await field(/^Code/), '123456{Enter}');
    await heading('Security');
    expect(cloud.posted('/api/auth/sign-in/second-factor')).toEqual([{ code: '000000' }, { code: '123456' }]);
  });

  it('can begin again', async () => {
    const { user } = await enterPassword();
    await click(user, 'button', 'Begin again');
    await heading('Sign in');
  });
});

it('where addresses have to be confirmed, signing up leads to the mail', async () => {
  cloud.answerTo('/api/auth/sign-up/email', json({ token: null, user: ada }));
  const { user } = open('/sign-up');
  await fillIn(user, { Name: 'Ada', Email: 'ada@example.test', Password: 'correct horse battery' });
  await click(user, 'button', 'Create account');
  await heading('Look into your mail');
});

describe('at a cloud without any account', () => {
  beforeEach(() =>
    cloud.answer(routeOf('GET', '/api/entry'), json(entry({ first_account: true })), json(entry())),
  );

  it('whoever comes first creates one at once, and goes on from there', async () => {
    userCodes.set('WDJB-MJHT');
    const { user, visited } = open('/device');
    await heading('Create an account');
    expect(document.body.textContent).toContain('has none yet: make the first.');
    await fillIn(user, { Name: 'Ada', Email: 'ada@example.test', Password: 'correct horse battery' });
    await click(user, 'button', 'Create account');
    await heading('Approve this sign-in?');
    expect(visited).toEqual(['/sign-up', '/device']);
  });

  it('whoever has one after all, because somebody was faster, signs in', async () => {
    const { user, visited } = open('/');
    await heading('Create an account');
    await click(user, 'link', 'Sign in');
    await fillIn(user, { Email: 'ada@example.test', Password: 'correct horse battery' });
    await click(user, 'button', 'Sign in');
    await heading('Your instances');
    expect(visited).toEqual(['/sign-up', '/sign-in', '/']);
  });

  it('the answer of then does not count when the session ends later', async () => {
    const { user, visited } = open('/');
    await heading('Create an account');
    await fillIn(user, { Name: 'Ada', Email: 'ada@example.test', Password: 'correct horse battery' });
    await click(user, 'button', 'Create account');
    await heading('Your instances');
    cloud.signedIn = null;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 30_000 });
    window.dispatchEvent(new Event('visibilitychange'));
    await heading('Sign in');
    expect(visited).toEqual(['/sign-up', '/', '/sign-in']);
  });
});

it('a cloud that does not say how one gets in lets people sign in', async () => {
  cloud.answer(routeOf('GET', '/api/entry'), json({ error: 'server_error' }, { status: 500 }));
  open('/');
  await heading('Sign in');
});

describe('where accounts are by invitation', () => {
  beforeEach(() => cloud.answer(routeOf('GET', '/api/entry'), json(entry({ sign_up: 'invite' }))));

  it('nobody without one sees the form', async () => {
    open('/sign-up');
    await heading('New accounts are by invitation');
  });

  it('whoever has one signs up with it', async () => {
    const { user } = open('/sign-up', 'invite-1');
    await fillIn(user, { Name: 'Ada', Email: 'ada@example.test', Password: 'correct horse battery' });
    await click(user, 'button', 'Create account');
    await heading('Your instances');
    expect(cloud.posted('/api/auth/sign-up/email')).toMatchObject([{ invite: 'invite-1' }]);
  });

  it('whoever has one that is not good is told so before the form', async () => {
    cloud.answerTo('/api/links/invite', json({ good: false }));
    open('/sign-up', 'invite-3');
    await heading('This invitation does not work');
    expect(screen.queryByLabelText(/^Email/)).toBeNull();
    expect(cloud.posted('/api/links/invite')).toEqual([{ token: 'invite-3' }]);
  });

  it('whoever cannot learn whether theirs is good gets the form', async () => {
    cloud.answerTo('/api/links/invite', json({ error: 'too_many_attempts' }, { status: 429 }));
    open('/sign-up', 'invite-4');
    expect(await field(/^Email/)).toBeTruthy();
  });

  it('an invitation that is used up meanwhile is said to be', async () => {
    cloud.answerTo('/api/auth/sign-up/email', json({ code: 'INVITE_REQUIRED' }, { status: 403 }));
    const { user } = open('/sign-up', 'invite-2');
    await fillIn(user, { Name: 'Ada', Email: 'ada@example.test', Password: 'correct horse battery' });
    await click(user, 'button', 'Create account');
    expect((await screen.findByRole('alert')).textContent).toContain('not good any more');
  });
});

it('a cloud that is closed says so instead of a form', async () => {
  cloud.answer(routeOf('GET', '/api/entry'), json(entry({ sign_up: 'closed' })));
  open('/sign-up');
  await heading('This cloud takes no new accounts');
});

describe('the links in mails', () => {
  it.each([
    [true, 'A link is on its way', 'it gets a mail'],
    [false, 'Ask for the link', 'finds the link in its log'],
  ])('a forgotten password: asked for; mail is sent: %s', async (sendsMail, title, words) => {
    cloud.answer(routeOf('GET', '/api/entry'), json(entry({ sends_mail: sendsMail })));
    const { user } = open('/forgot-password');
    await fillIn(user, { Email: ' ada@example.test' });
    await click(user, 'button', 'Ask for a link');
    await heading(title);
    expect(await screen.findByText(words, { exact: false })).toBeTruthy();
    expect(cloud.posted('/api/links/password-reset')).toEqual([{ email: 'ada@example.test' }]);
  });

  it('a forgotten password: replaced', async () => {
    const { user } = open('/reset-password', 'token-1');
    await fillIn(user, { 'New password': 'mauve otter paints tuba' });
    await click(user, 'button', 'Change password');
    await heading('Your password is changed');
    expect(cloud.posted('/api/links/password-reset/redeem')).toEqual([
      { token: 'token-1', password: 'mauve otter paints tuba' },
    ]);
  });

  it('a forgotten password: passkeys stay, and are to be looked at', async () => {
    cloud.answerTo(
      '/api/links/password-reset/redeem',
      json({ changed: true, passkeys: 2, registration_keys: 0, removed: false }),
    );
    const { user } = open('/reset-password', 'token-1');
    await fillIn(user, { 'New password': 'mauve otter paints tuba' });
    await click(user, 'button', 'Change password');
    await heading('Your password is changed');
    expect(screen.getByText('Your account has 2 passkeys', { exact: false })).toBeTruthy();
    await click(user, 'link', 'Sign in and look at them');
    await fillIn(user, { Email: 'ada@example.test', Password: 'mauve otter paints tuba' });
    await click(user, 'button', 'Sign in');
    await heading('Security');
  });

  it('a forgotten password: registration keys still work, and are to be looked at', async () => {
    cloud.answerTo(
      '/api/links/password-reset/redeem',
      json({ changed: true, passkeys: 0, registration_keys: 3, removed: false }),
    );
    const { user } = open('/reset-password', 'token-1');
    await fillIn(user, { 'New password': 'mauve otter paints tuba' });
    await click(user, 'button', 'Change password');
    await heading('Your password is changed');
    expect(screen.getByText('3 registration keys of your account work', { exact: false })).toBeTruthy();
    expect(screen.queryByText('Look at your passkeys')).toBeNull();
    await click(user, 'link', 'Sign in and look at the keys');
    await fillIn(user, { Email: 'ada@example.test', Password: 'mauve otter paints tuba' });
    await click(user, 'button', 'Sign in');
    await heading('Registration keys');
  });

  it('a forgotten password: says what was removed that may be of somebody else', async () => {
    cloud.answerTo(
      '/api/links/password-reset/redeem',
      json({ changed: true, passkeys: 0, registration_keys: 0, removed: true }),
    );
    const { user } = open('/reset-password', 'token-1');
    await fillIn(user, { 'New password': 'mauve otter paints tuba' });
    await click(user, 'button', 'Change password');
    expect(await screen.findByText('Some things were removed')).toBeTruthy();
  });

  it('an address: confirmed with the password, not by opening the page', async () => {
    const { user } = open('/verify-email', 'token-2');
    await heading('Confirm your address');
    await click(user, 'button', 'Confirm my address');
    expect(cloud.posted('/api/links/email/redeem')).toEqual([]);
    await fillIn(user, { 'Your password': 'mauve otter paints tuba' });
    await click(user, 'button', 'Confirm my address');
    await heading('Your address is confirmed');
    expect(cloud.posted('/api/links/email/redeem')).toEqual([
      { token: 'token-2', password: 'mauve otter paints tuba' },
    ]);
  });

  it('an address: whoever did not create the account is led to a password of their own', async () => {
    cloud.answerTo('/api/links/email/redeem', json({ error: 'wrong_password' }, { status: 403 }));
    const { user } = open('/verify-email', 'token-2');
    await fillIn(user, { 'Your password': 'a guess of mine' });
    await click(user, 'button', 'Confirm my address');
    expect(await screen.findByText('This is not the password')).toBeTruthy();
    await click(user, 'link', 'choose a password of your own');
    await heading('Choose a new password');
  });

  it.each(['/reset-password', '/verify-email'])('%s without a token says so', async (path) => {
    open(path);
    await heading('This link does not work');
  });

  it('one that was used already says so', async () => {
    cloud.answerTo('/api/links/email/redeem', json({ error: 'useless_link' }, { status: 410 }));
    const { user } = open('/verify-email', 'token-3');
    await fillIn(user, { 'Your password': 'mauve otter paints tuba' });
    await click(user, 'button', 'Confirm my address');
    await heading('This link does not work');
  });
});

it('a refused sign-up stays where it is and says why', async () => {
  cloud.answerTo('/api/auth/sign-up/email', json({ code: 'USER_ALREADY_EXISTS' }, { status: 422 }));
  const { user, visited } = open('/sign-up');
  await fillIn(user, { Name: 'Ada', Email: 'ada@example.test', Password: 'correct horse battery' });
  await click(user, 'button', 'Create account');
  expect((await screen.findByRole('alert')).textContent).toContain('No account was created');
  expect(visited).toEqual([]);
});

it('a browser that throws the cookie away is told so, not led in circles', async () => {
  cloud.answerTo('/api/auth/sign-in/email', json({ user: ada }));
  const { user, visited } = open('/sign-in');
  await fillIn(user, { Email: 'ada@example.test', Password: 'correct horse battery' });
  await click(user, 'button', 'Sign in');
  expect((await screen.findByRole('alert')).textContent).toContain('Your browser did not keep the sign-in');
  expect(visited).toEqual([]);
});

it('a cloud that does not answer leads nobody to the sign-in page', async () => {
  cloud.answer(routeOf('GET', '/api/auth/get-session'), silence, silence, json({ user: ada }));
  const { user, visited } = open('/');
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toContain('This cloud does not answer');
  await click(user, 'button', 'Try again');
  await screen.findByText('Lab');
  expect(visited).toEqual([]);
});

describe('deciding on a sign-in', () => {
  const binding = { origin: 'http://127.0.0.1:8080', challenge: 'challenge-1' };
  let opener: OtherWindow;

  beforeEach(() => {
    cloud.signedIn = ada;
    cloud.request = deviceRequest({ binding });
    userCodes.set('WDJB-MJHT');
    opener = new OtherWindow();
    opener.onMessage = () =>
      opener.say({ type: 'holdfast-approval-proof', proof: 'proof-1' }, binding.origin);
    vi.stubGlobal('opener', opener);
  });

  it('opening the page looks the code up once and decides nothing', async () => {
    open('/device');
    await heading('Approve this sign-in?');
    await settle();
    expect(cloud.posted('/api/device/lookup')).toEqual([{ user_code: 'WDJB-MJHT', account_id: ada.id }]);
    expect(cloud.posted('/api/device/approve')).toEqual([]);
    expect(cloud.posted('/api/device/deny')).toEqual([]);
  });

  it('approves with the name for an unclaimed instance, and forgets the code', async () => {
    const { user } = open('/device');
    await click(user, 'button', 'Approve');
    await heading('Approved');
    expect(cloud.posted('/api/device/approve')).toEqual([
      { user_code: 'WDJB-MJHT', account_id: ada.id, instance_name: 'Ada’s instance', proof: 'proof-1' },
    ]);
    expect(userCodes.get()).toBeUndefined();
    expect(opener.received.at(-1)).toEqual({ data: { type: 'holdfast-decided' }, origin: binding.origin });
  });

  it('approves with the match code where no page proves that it began the sign-in', async () => {
    cloud.request = deviceRequest({ instance: { claimed: true } });
    cloud.answerTo('/api/device/approve', json({ error: 'wrong_match_code' }, { status: 403 }), json({}));
    const { user } = open('/device');
    await user.type(await field(/^Match code/), '41');
    await click(user, 'button', 'Approve');
    await screen.findByText('That is not the match code');
    await user.clear(await field(/^Match code/));
    await user.type(await field(/^Match code/), '42');
    await click(user, 'button', 'Approve');
    await heading('Approved');
    expect(cloud.posted('/api/device/approve')).toEqual(
      ['41', '42'].map((match_code) => ({ user_code: 'WDJB-MJHT', account_id: ada.id, match_code })),
    );
  });

  it('asks for the match code when the cloud does not believe the proof', async () => {
    cloud.request = deviceRequest({ binding, instance: { claimed: true } });
    cloud.answerTo('/api/device/approve', json({ error: 'invalid_proof' }, { status: 403 }), json({}));
    const { user } = open('/device');
    await click(user, 'button', 'Approve');
    await user.type(await field(/^Match code/), '42');
    await click(user, 'button', 'Approve');
    await heading('Approved');
    expect(cloud.posted('/api/device/approve').at(-1)).toEqual({
      user_code: 'WDJB-MJHT',
      account_id: ada.id,
      match_code: '42',
    });
  });

  it('starts over when the match codes are used up', async () => {
    cloud.request = deviceRequest({ instance: { claimed: true } });
    cloud.answerTo('/api/device/approve', json({ error: 'match_codes_used_up' }, { status: 403 }));
    const { user } = open('/device');
    await user.type(await field(/^Match code/), '41');
    await click(user, 'button', 'Approve');
    await heading('Enter a code');
    expect(screen.getByRole('alert').textContent).toContain('The sign-in was ended');
    expect(userCodes.get()).toBeUndefined();
  });

  it('approves a claimed instance without a name', async () => {
    cloud.request = deviceRequest({ binding, instance: { claimed: true, name: 'Lab' } });
    const { user } = open('/device');
    await click(user, 'button', 'Approve');
    await heading('Approved');
    expect(cloud.posted('/api/device/approve')).toEqual([
      { user_code: 'WDJB-MJHT', account_id: ada.id, proof: 'proof-1' },
    ]);
  });

  it('denies, and forgets the code', async () => {
    const { user } = open('/device');
    await click(user, 'button', 'Deny');
    await heading('Denied');
    expect(cloud.posted('/api/device/deny')).toEqual([{ user_code: 'WDJB-MJHT', account_id: ada.id }]);
    expect(cloud.posted('/api/device/approve')).toEqual([]);
    expect(userCodes.get()).toBeUndefined();
  });

  it('a decision that did not arrive can be sent again', async () => {
    cloud.answerTo('/api/device/approve', silence, json({}));
    const { user } = open('/device');
    await click(user, 'button', 'Approve');
    await screen.findByText('This cloud does not answer');
    expect(userCodes.get()).toBe('WDJB-MJHT');
    await click(user, 'button', 'Approve');
    await heading('Approved');
  });

  it.each([
    ['account_changed', 409, 'Another account is signed in now'],
    ['ambiguous_session', 400, 'Another page tampered with your sign-in'],
  ])(
    'a decision that is refused with %s was none, and cannot be sent again',
    async (error, status, words) => {
      cloud.answerTo('/api/device/approve', json({ error }, { status }));
      const { user } = open('/device');
      await click(user, 'button', 'Approve');
      await heading('This sign-in cannot go on');
      expect(screen.getByRole('alert').textContent).toContain(words);
      expect(screen.getByRole('button', { name: 'Load the page again' })).toBeTruthy();
      expect(screen.queryByRole('button', { name: 'Approve' })).toBeNull();
    },
  );

  it.each([
    ['invalid_user_code', 404, 'Enter a code', 'This cloud does not know the code'],
    ['expired_token', 410, 'Enter a code', 'This code has expired'],
    ['already_decided', 409, 'Enter a code', 'This code was already used'],
    ['access_denied', 403, 'This sign-in cannot go on', 'This instance belongs to someone else'],
  ])('a code that is refused with %s', async (error, status, title, words) => {
    cloud.answerTo('/api/device/lookup', json({ error }, { status }));
    open('/device');
    await heading(title);
    expect(screen.getByRole('alert').textContent).toContain(words);
    expect(cloud.posted('/api/device/lookup')).toHaveLength(1);
    expect(userCodes.get()).toBeUndefined();
  });

  it.each([
    ['invalid_user_code', 'WDJB-MJHT'],
    ['expired_token', ''],
    ['already_decided', ''],
  ])('a code that is refused with %s leaves in the field: “%s”', async (error, value) => {
    cloud.answerTo('/api/device/lookup', json({ error }, { status: 400 }));
    open('/device');
    await heading('Enter a code');
    expect(((await field(/^Code/)) as HTMLInputElement).value).toBe(value);
  });

  it('a code that ran out while it was reviewed is forgotten too', async () => {
    cloud.answerTo('/api/device/approve', json({ error: 'expired_token' }, { status: 410 }));
    const { user } = open('/device');
    await click(user, 'button', 'Approve');
    await heading('Enter a code');
    expect(screen.getByRole('alert').textContent).toContain('This code has expired');
    expect(userCodes.get()).toBeUndefined();
  });

  it('the page that is opened afresh knows nothing of a code that is over', async () => {
    cloud.answerTo('/api/device/lookup', json({ error: 'expired_token' }, { status: 410 }));
    const { history } = open('/device');
    await screen.findByText('This code has expired');
    history.push('/');
    await heading('Your instances');
    history.push('/device');
    await heading('Enter a code');
    expect(screen.queryByRole('alert')).toBeNull();
    expect(((await field(/^Code/)) as HTMLInputElement).value).toBe('');
  });

  it('a code that was refused can be sent again, and counts when it is known by then', async () => {
    cloud.answerTo(
      '/api/device/lookup',
      json({ error: 'invalid_user_code' }, { status: 404 }),
      json(deviceRequest()),
    );
    const { user } = open('/device');
    await heading('Enter a code');
    await click(user, 'button', 'Continue');
    await heading('Approve this sign-in?');
    expect(userCodes.get()).toBe('WDJB-MJHT');
  });

  it('another code can be tried after a refused one', async () => {
    cloud.answerTo(
      '/api/device/lookup',
      json({ error: 'invalid_user_code' }, { status: 404 }),
      json(deviceRequest({ user_code: 'BCDF-GHJK' })),
    );
    const { user } = open('/device');
    await heading('Enter a code');
    await user.clear(await field(/^Code/));
    await user.type(await field(/^Code/), 'bcdfghjk{Enter}');
    await heading('Approve this sign-in?');
    expect(cloud.posted('/api/device/lookup')).toMatchObject([
      { user_code: 'WDJB-MJHT' },
      { user_code: 'BCDF-GHJK' },
    ]);
  });

  it('a session that ended leads through the sign-in page and back, with the code', async () => {
    cloud.answerTo(
      '/api/device/lookup',
      json({ error: 'login_required' }, { status: 401 }),
      json(deviceRequest()),
    );
    const { user, visited } = open('/device');
    await click(user, 'button', 'Sign in again');
    await fillIn(user, { Email: 'ada@example.test', Password: 'correct horse battery' });
    await click(user, 'button', 'Sign in');
    await heading('Approve this sign-in?');
    expect(visited).toEqual(['/sign-in', '/device']);
  });

  it('offers nothing that must fail for somebody else’s instance, and keeps the code for another account', async () => {
    cloud.request = deviceRequest({ instance: { claimed: true, foreign: true } });
    const { user } = open('/device');
    await heading('This instance belongs to someone else');
    expect(screen.queryByRole('button', { name: 'Approve' })).toBeNull();
    await click(user, 'button', 'Use another account');
    await heading('Sign in');
    expect(userCodes.get()).toBe('WDJB-MJHT');
    expect(cloud.posted('/api/device/approve')).toEqual([]);
  });

  it('another account decides after signing in, and the code is not lost', async () => {
    const { user } = open('/device');
    await click(user, 'button', 'Use another account');
    await heading('Sign in');
    expect(cloud.signedIn).toBeNull();
    expect(userCodes.get()).toBe('WDJB-MJHT');
  });
});

describe('the start page', () => {
  beforeEach(() => {
    cloud.signedIn = ada;
  });

  it('lists the instances of the account', async () => {
    open('/');
    expect(await screen.findByRole('heading', { level: 2, name: 'Lab' })).toBeTruthy();
    expect(document.body.textContent).toContain('instance-1');
    expect(document.body.textContent).toContain(`Claimed on ${date(Date.UTC(2026, 10, 23, 12))}`);
  });

  it('says where each was used and when, with links to safe addresses only', async () => {
    const used_at = new Date(Date.now() - 7_200_000).toISOString();
    const origins = ['https://lab.example.test', 'http://127.0.0.1:8080', 'http://lab.lan', 'javascript://x'];
    cloud.instances = cloud.instances.map((instance) => ({
      ...instance,
      origins: origins.map((origin) => ({ origin, used_at })),
    }));
    open('/');
    await screen.findByRole('heading', { level: 2, name: 'Lab' });
    for (const origin of origins) {
      const address = screen.getByText(origin);
      expect(address.closest('p')?.textContent).toBe(`${origin}, last sign-in 2 hours ago`);
      const isSafe = origins.indexOf(origin) < 2;
      expect(address.closest('a')?.getAttribute('href') ?? null).toBe(isSafe ? origin : null);
      if (isSafe) expect(address.closest('a')?.rel).toBe('noopener noreferrer');
    }
  });

  it('says how the first one gets there', async () => {
    cloud.instances = [];
    open('/');
    expect(await screen.findByRole('heading', { level: 2, name: 'No instance is yours yet' })).toBeTruthy();
  });

  it('signs out, and forgets the key of the session', async () => {
    const { user, visited } = open('/');
    await heading('Your instances');
    const key = localStorage.getItem('holdfast.page-key');
    expect(key).not.toBeNull();
    await click(user, 'button', 'Sign out');
    await heading('Sign in');
    expect(localStorage.getItem('holdfast.page-key')).not.toBe(key);
    expect(cloud.signedIn).toBeNull();
    expect(visited).toEqual(['/sign-in']);
  });

  it('says after a sign-out that sign-ins at instances stay, and leads to where they end, until somebody signs in', async () => {
    const { user, visited } = open('/');
    await heading('Your instances');
    await click(user, 'button', 'Sign out');
    await heading('Sign in');
    const note = screen.getByRole('status').textContent;
    expect(note).toContain('sign-ins at your instances stay until you sign out there, or everywhere else');
    await click(user, 'link', 'security page');
    await vi.waitFor(() => expect(visited).toEqual(['/sign-in', '/security', '/sign-in']));
    await heading('Sign in');
    expect(screen.getByRole('status')).toBeTruthy();
    await fillIn(user, { Email: 'ada@example.test', Password: 'correct horse battery' });
    await click(user, 'button', 'Sign in');
    await heading('Security');
    // Later, the session has ended elsewhere, which the page hears of when the person comes back.
    cloud.signedIn = null;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    window.dispatchEvent(new Event('visibilitychange'));
    await heading('Sign in');
    expect(screen.queryByRole('status')).toBeNull();
  });

  describe('where sign-ins at instances were approved in this session', () => {
    const ended = () => cloud.posted('/api/account/sessions/end');
    const signedOut = () => cloud.posted('/api/auth/sign-out');

    beforeEach(() => {
      const other = accountSession({ id: 'session-2', instances: 5 });
      cloud.sessions = [other, accountSession({ id: 'session-1', current: true, instances: 2 })];
    });

    async function ask() {
      const { user } = open('/');
      await click(user, 'button', 'Sign out');
      const dialog = await screen.findByRole('dialog', { name: 'Sign out at your instances, too?' });
      return { user, dialog };
    }

    it('asks first, and signs out there too', async () => {
      const { user, dialog } = await ask();
      expect(dialog.textContent).toContain('You stay signed in at 2 instances');
      const proposed = screen.getByRole('button', { name: 'Sign out there too' });
      await vi.waitFor(() => expect(document.activeElement).toBe(proposed));
      expect([ended(), signedOut()]).toEqual([[], []]);
      await user.keyboard('{Enter}');
      await heading('Sign in');
      expect([ended(), signedOut()]).toEqual([[{ session_id: 'session-1' }], [{}]]);
      const note = screen.getByRole('status').textContent;
      expect(note).toContain('signed out of this cloud and at 2 instances');
      expect(note).not.toContain('stay');
    });

    it('leaves them where that is wanted', async () => {
      const { user } = await ask();
      await click(user, 'button', 'Stay signed in there');
      await heading('Sign in');
      expect([ended(), signedOut()]).toEqual([[], [{}]]);
      expect(screen.getByRole('status').textContent).toContain('sign-ins at your instances stay');
    });

    it('signs nobody out who closes the question, and gives the focus back', async () => {
      const { user } = await ask();
      await user.keyboard('{Escape}');
      await vi.waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
      const button = screen.getByRole('button', { name: 'Sign out' });
      await vi.waitFor(() => expect(document.activeElement).toBe(button));
      expect([ended(), signedOut()]).toEqual([[], []]);
    });

    it('says in the question what went wrong, and can be answered again', async () => {
      cloud.answerTo('/api/account/sessions/end', json({ error: 'server_error' }, { status: 500 }));
      const { user, dialog } = await ask();
      await click(user, 'button', 'Sign out there too');
      const alert = await screen.findByRole('alert');
      expect(dialog.contains(alert)).toBe(true);
      expect(signedOut()).toEqual([]);
      await click(user, 'button', 'Stay signed in there');
      await heading('Sign in');
    });
  });

  it('signs out without a question where the session has ended elsewhere', async () => {
    cloud.answer(routeOf('GET', '/api/account/sessions'), json({ error: 'login_required' }, { status: 401 }));
    const { user } = open('/');
    await click(user, 'button', 'Sign out');
    await heading('Sign in');
    expect(cloud.posted('/api/auth/sign-out')).toHaveLength(1);
  });

  it('says on the page when the cloud cannot tell what to ask, and signs nobody out', async () => {
    cloud.answer(
      routeOf('GET', '/api/account/sessions'),
      json({ error: 'server_error' }, { status: 500 }),
      json({ sessions: [] }),
    );
    const { user } = open('/');
    await click(user, 'button', 'Sign out');
    await screen.findByRole('alert');
    expect(cloud.posted('/api/auth/sign-out')).toEqual([]);
    await click(user, 'button', 'Try again');
    await heading('Sign in');
  });

  it('says nothing of the kind to somebody whose session has ended', async () => {
    cloud.signedIn = null;
    open('/');
    await heading('Sign in');
    expect(screen.queryByRole('status')).toBeNull();
  });
});

it('an unknown address says so', async () => {
  open('/nowhere');
  expect((await screen.findByRole('heading', { level: 1 })).textContent).toMatch(/not found/i);
});
