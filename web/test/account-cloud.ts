import type { DeviceRequest } from '../src/account/api/device.ts';
import type { OwnedInstance } from '../src/account/api/instances.ts';
import type { Account } from '../src/account/api/session.ts';
import { deviceRequest } from './device-requests.ts';
import { type Answer, FakeNetwork, json } from './fake-network.ts';

export const ada: Account = { id: 'account-1', name: 'Ada Lovelace', email: 'ada@example.test' };

/** The cloud as its own pages see it: one account, one pending login, one owned instance. */
export class AccountCloud extends FakeNetwork {
  signedIn: Account | null;
  request: DeviceRequest = deviceRequest();
  instances: OwnedInstance[] = [
    { client_id: 'instance-1', name: 'Lab', claimed_at: new Date(2026, 10, 23, 12).toISOString() },
  ];

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
    this.answer(routeOf('POST', '/api/device/lookup'), (request) => json(this.request)(request));
    this.answer(routeOf('POST', '/api/device/approve'), json({}));
    this.answer(routeOf('POST', '/api/device/deny'), json({}));
  }

  /** Bodies of the requests to `path`, oldest first. */
  posted(path: string): unknown[] {
    return this.requestsOf(routeOf('POST', path)).map(({ body }) => JSON.parse(body));
  }

  answerTo(path: string, ...answers: Answer[]): void {
    this.answer(routeOf('POST', path), ...answers);
  }
}

export function routeOf(method: 'GET' | 'POST', path: string): string {
  return `${method} ${location.origin}${path}`;
}
