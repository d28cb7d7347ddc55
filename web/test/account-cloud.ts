import type { DeviceRequest } from '../src/account/api/device.ts';
import type { OwnedInstance } from '../src/account/api/instances.ts';
import type { Entry } from '../src/account/api/links.ts';
import type { RegistrationKey, RegistrationKeys } from '../src/account/api/registration-keys.ts';
import type { SecondFactorState } from '../src/account/api/security.ts';
import type { Account } from '../src/account/api/session.ts';
import type { AccountSession } from '../src/account/api/sessions.ts';
import { deviceRequest } from './device-requests.ts';
import { type Answer, FakeNetwork, json } from './fake-network.ts';

export const ada: Account = { id: 'account-1', name: 'Ada Lovelace', email: 'ada@example.test' };

/** The cloud as its own pages see it: one account, one pending login, one owned instance. */
export class AccountCloud extends FakeNetwork {
  signedIn: Account | null;
  request: DeviceRequest = deviceRequest();
  instances: OwnedInstance[] = [
    {
      client_id: 'instance-1',
      name: 'Lab',
      claimed_at: new Date(2026, 10, 23, 12).toISOString(),
      role: 'owner',
      origins: [],
    },
  ];

  sessions: AccountSession[] = [accountSession({ id: 'session-1', current: true })];

  registrationKeys: RegistrationKeys = {
    workspaces: [{ id: 'workspace-1', name: 'Ada’s workspace' }],
    keys: [],
  };

  secondFactor: SecondFactorState = { on: false, recovery_codes_left: 0 };

  constructor(signedIn: Account | null = null) {
    super();
    this.signedIn = signedIn;
    const enter: Answer = (request) => {
      this.signedIn = ada;
      return json({ user: ada })(request);
    };
    this.answer(routeOf('GET', '/api/auth/get-session'), (request) =>
      json(this.signedIn && { user: this.signedIn })(request),
    );
    this.answer(routeOf('POST', '/api/auth/sign-up/email'), enter);
    this.answer(routeOf('POST', '/api/auth/sign-in/email'), enter);
    this.answer(routeOf('POST', '/api/auth/sign-out'), (request) => {
      this.signedIn = null;
      return json({ success: true })(request);
    });
    this.answer(routeOf('GET', '/api/instances'), (request) => json({ instances: this.instances })(request));
    this.answer(routeOf('POST', '/api/account/instances/remove'), (request) => {
      const { client_id: removed } = JSON.parse(request.body) as { client_id: string };
      this.instances = this.instances.filter(({ client_id }) => client_id !== removed);
      return json({ removed: true })(request);
    });
    this.answer(routeOf('GET', '/api/account/passkeys'), json({ passkeys: [] }));
    this.answer(routeOf('GET', '/api/entry'), json(entry()));
    this.answer(routeOf('GET', '/api/account/email'), json({ verified: true }));
    this.answer(routeOf('POST', '/api/links/password-reset'), json({ requested: true }));
    this.answer(
      routeOf('POST', '/api/links/password-reset/redeem'),
      json({ changed: true, passkeys: 0, registration_keys: 0, removed: false }),
    );
    this.answer(routeOf('POST', '/api/links/invite'), json({ good: true }));
    this.answer(routeOf('POST', '/api/links/email/redeem'), json({ verified: true }));
    this.answer(routeOf('GET', '/api/account/second-factor'), (request) => json(this.secondFactor)(request));
    this.answer(routeOf('GET', '/api/account/sessions'), (request) =>
      json({ sessions: this.sessions })(request),
    );
    this.answer(routeOf('POST', '/api/account/sessions/end'), (request) => {
      const { session_id: ended } = JSON.parse(request.body) as { session_id: string };
      this.sessions = this.sessions.filter(({ id }) => id !== ended);
      if (!this.sessions.some(({ current }) => current)) this.signedIn = null;
      return json({ ended: 1 })(request);
    });
    this.answer(routeOf('POST', '/api/account/sessions/end-others'), (request) => {
      this.sessions = this.sessions.filter(({ current }) => current);
      return json({ ended: 1 })(request);
    });
    this.answer(routeOf('GET', '/api/account/registration-keys'), (request) =>
      json(this.registrationKeys)(request),
    );
    this.answer(routeOf('POST', '/api/account/registration-keys/create'), (request) => {
      const { label } = JSON.parse(request.body) as { label: string };
      this.#setKeys([registrationKey({ id: label, label }), ...this.registrationKeys.keys]);
      return json({ key: `hfkey_${'a'.repeat(43)}` })(request);
    });
    this.answer(routeOf('POST', '/api/account/registration-keys/revoke'), (request) => {
      const { id: revoked } = JSON.parse(request.body) as { id: string };
      this.#setKeys(
        this.registrationKeys.keys.map((key) => (key.id === revoked ? { ...key, state: 'revoked' } : key)),
      );
      return json({ revoked: true })(request);
    });
    this.answer(routeOf('POST', '/api/device/lookup'), (request) => json(this.request)(request));
    this.answer(routeOf('POST', '/api/device/approve'), json({}));
    this.answer(routeOf('POST', '/api/device/deny'), json({}));
  }

  #setKeys(keys: RegistrationKey[]): void {
    this.registrationKeys = { ...this.registrationKeys, keys };
  }

  /** Bodies of the requests to `path`, oldest first. */
  posted(path: string): unknown[] {
    return this.requestsOf(routeOf('POST', path)).map(({ body }) => JSON.parse(body));
  }

  answerTo(path: string, ...answers: Answer[]): void {
    this.answer(routeOf('POST', path), ...answers);
  }
}

/** How one gets into the cloud, but for what a test says of it. */
export function entry(members: Partial<Entry> = {}): Entry {
  return { sends_mail: true, sign_up: 'open', first_account: false, ...members };
}

/** A session as the cloud describes it, but for what a test says of it. */
export function accountSession(members: Partial<AccountSession> = {}): AccountSession {
  return {
    id: 'session-2',
    address: '203.0.113.7',
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    signed_in_at: new Date(Date.now() - 3_600_000).toISOString(),
    last_used_at: new Date(Date.now() - 300_000).toISOString(),
    instances: 0,
    current: false,
    ...members,
  };
}

/** A registration key as the cloud describes it, but for what a test says of it. */
export function registrationKey(members: Partial<RegistrationKey> = {}): RegistrationKey {
  return {
    id: 'key-1',
    workspace: 'workspace-1',
    label: 'Build machine',
    made_by: ada.email,
    created_at: new Date(2026, 10, 23, 12).toISOString(),
    expires_at: new Date(2026, 11, 23, 12).toISOString(),
    uses_allowed: 1,
    uses: 0,
    last_used_at: null,
    state: 'working',
    ...members,
  };
}

export function routeOf(method: 'GET' | 'POST', path: string): string {
  return `${method} ${location.origin}${path}`;
}
