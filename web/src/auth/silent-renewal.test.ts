import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settle, stopClock, until } from '../../test/clock.ts';
import { silence } from '../../test/fake-network.ts';
import { baseUrl, sessionWith, storeSession } from '../../test/sessions.ts';
import { refusal, routes, TestCloud, tokens } from '../../test/test-cloud.ts';
import { startSilentRenewal } from './silent-renewal.ts';
import { endSession, readSession, saveSession } from './token-store.ts';

const start = Date.UTC(2026, 10, 23, 12);

let cloud: TestCloud;
let stop: () => void;

beforeEach(() => {
  stopClock();
  vi.setSystemTime(start);
  cloud = new TestCloud();
});

afterEach(() => stop());

function begin(): void {
  stop = startSilentRenewal({ fetch: cloud.fetch });
}

/** Lets seconds pass, and everything happen that is due meanwhile. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    const [timers, requests] = [vi.getTimerCount(), cloud.requests.length];
    await vi.advanceTimersByTimeAsync(1_000);
    // The timer of the next renewal is set when this one is over.
    if (vi.getTimerCount() < timers)
      await until(() => vi.getTimerCount() >= timers || !readSession(baseUrl).session);
    if (cloud.requests.length > requests) await settle();
  }
}

/** Seconds after the start at which the cloud was asked to renew. */
const renewedAt = () => cloud.tokenRequests.map(({ at }) => (at - start) / 1_000);

describe('a session', () => {
  it('is renewed 75 s before its access token ends, and again and again', async () => {
    await storeSession();
    begin();
    await pass(224);
    expect(renewedAt()).toEqual([]);
    await pass(1);
    expect(renewedAt()).toEqual([225]);
    cloud.answer(routes.token, tokens({ access_token: 'access-token-3', refresh_token: 'refresh-token-3' }));
    await pass(225);
    expect(renewedAt()).toEqual([225, 450]);
    expect(readSession(baseUrl).session?.accessToken).toBe('access-token-3');
  });

  it('is renewed at once where it was due while no page was open', async () => {
    await storeSession({ accessTokenExpiresAt: start - 1 });
    begin();
    await settle();
    expect(readSession(baseUrl).session?.accessToken).toBe('access-token-2');
  });

  it('that begins later is renewed too', async () => {
    begin();
    await storeSession();
    await pass(225);
    expect(renewedAt()).toEqual([225]);
  });

  it('that another tab has renewed is not renewed again', async () => {
    const session = await storeSession();
    begin();
    await pass(200);
    const newer = { ...session, accessToken: 'access-token-9', accessTokenExpiresAt: start + 500_000 };
    localStorage.setItem(`holdfast.session.${baseUrl}`, JSON.stringify(newer));
    window.dispatchEvent(new StorageEvent('storage', { key: `holdfast.session.${baseUrl}` }));
    await pass(224);
    expect(renewedAt()).toEqual([]);
    await pass(1);
    expect(renewedAt()).toEqual([425]);
  });

  it('that has ended is left alone', async () => {
    await storeSession();
    begin();
    endSession(baseUrl);
    await pass(300);
    expect(cloud.requests).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that the cloud refuses to renew is over, with its reason', async () => {
    await storeSession();
    cloud.answer(routes.token, refusal('invalid_grant'));
    begin();
    await pass(600);
    expect(renewedAt()).toEqual([225]);
    expect(readSession(baseUrl).signedOutReason?.code).toBe('invalid_grant');
  });

  it('does not hold up those of other instances', async () => {
    await storeSession();
    await storeSession(
      { accessTokenExpiresAt: start + 100_000, refreshToken: 'other' },
      'https://other.test',
    );
    begin();
    await pass(225);
    expect(
      cloud.tokenRequests.map(({ form, at }) => [form.get('refresh_token'), (at - start) / 1_000]),
    ).toEqual([
      ['other', 25],
      ['refresh-token-1', 225],
    ]);
  });
});

describe('while the cloud is away', () => {
  beforeEach(async () => {
    await storeSession({ accessTokenExpiresAt: start });
    cloud.answer(routes.token, silence);
    begin();
    await until(() => renewedAt().length === 1 && vi.getTimerCount() > 0);
  });

  it('it is asked less and less often, but every minute', async () => {
    await pass(200);
    expect(renewedAt()).toEqual([0, 5, 15, 35, 75, 135, 195]);
    expect(readSession(baseUrl).session?.accessToken).toBe('access-token-1');
  });

  it('a connection that comes back is used at once', async () => {
    await pass(37);
    cloud.answer(routes.token, tokens());
    window.dispatchEvent(new Event('online'));
    await settle();
    expect(renewedAt()).toEqual([0, 5, 15, 35, 37]);
    expect(readSession(baseUrl).session?.accessToken).toBe('access-token-2');
  });

  it('the pace begins anew after a success', async () => {
    await pass(15);
    cloud.answer(routes.token, tokens(), silence);
    await pass(20);
    expect(renewedAt()).toEqual([0, 5, 15, 35]);
    await pass(225 + 5);
    expect(renewedAt()).toEqual([0, 5, 15, 35, 260, 265]);
  });
});

it('renews what has become due when a page is looked at again, although its timers slept', async () => {
  await storeSession();
  begin();
  vi.setSystemTime(start + 3_600_000);
  document.dispatchEvent(new Event('visibilitychange'));
  await settle();
  expect(renewedAt()).toEqual([3_600]);
});

describe('tokens that end sooner than that', () => {
  function answerWithTokensThatLive(seconds: number): void {
    const answers = Array.from({ length: 50 }, (_, n) =>
      tokens({ access_token: `access-token-${n + 2}`, expires_in: seconds }),
    );
    cloud.answer(routes.token, ...answers);
  }

  it('are renewed after half of their life', async () => {
    await storeSession({ accessTokenIssuedAt: start, accessTokenExpiresAt: start + 60_000 });
    answerWithTokensThatLive(60);
    begin();
    await pass(95);
    expect(renewedAt()).toEqual([30, 60, 90]);
  });

  it('are renewed at once where nobody knows when they were issued, and after half of their life from then on', async () => {
    await storeSession({ accessTokenIssuedAt: undefined, accessTokenExpiresAt: start + 60_000 });
    answerWithTokensThatLive(60);
    begin();
    await settle();
    await pass(65);
    expect(renewedAt()).toEqual([0, 30, 60]);
  });

  it('cost the cloud a renewal every 5 s at most', async () => {
    await storeSession({ accessTokenIssuedAt: start, accessTokenExpiresAt: start + 2_000 });
    answerWithTokensThatLive(2);
    begin();
    await pass(12);
    expect(renewedAt()).toEqual([1, 6, 11]);
  });
});

it('stops when it is told so', async () => {
  await storeSession();
  begin();
  stop();
  saveSession('https://other.test', sessionWith({ accessTokenExpiresAt: start }));
  window.dispatchEvent(new Event('online'));
  document.dispatchEvent(new Event('visibilitychange'));
  await pass(300);
  expect(cloud.requests).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
