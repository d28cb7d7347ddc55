import { describe, expect, it, vi } from 'vitest';
import { baseUrl, sessionWith } from '../../test/sessions.ts';
import { endSession, readSession, saveSession, sessionBaseUrls, subscribeToSessions } from './token-store.ts';

const sessionKey = `holdfast.session.${baseUrl}`;
const reasonKey = `holdfast.signed-out-reason.${baseUrl}`;
const reason = { code: 'invalid_grant', message: 'You were signed out.' };
const nothing = { session: undefined, signedOutReason: undefined };

/** What another tab does: it writes, and this tab is told. */
function writeInOtherTab(key: string, value: string | null): void {
  if (value === null) localStorage.removeItem(key);
  else localStorage.setItem(key, value);
  window.dispatchEvent(new StorageEvent('storage', { key, newValue: value }));
}

describe('a session', () => {
  it('is kept under the address of its instance', () => {
    const session = sessionWith();
    saveSession(baseUrl, session);
    expect(JSON.parse(localStorage.getItem(sessionKey) ?? '')).toEqual(session);
    expect(readSession(baseUrl)).toEqual({ session, signedOutReason: undefined });
  });

  it('is none of another instance', () => {
    saveSession(baseUrl, sessionWith());
    expect(readSession('https://other.test')).toEqual(nothing);
  });

  it('is the same object until it changes, as React asks of a snapshot', () => {
    saveSession(baseUrl, sessionWith());
    const first = readSession(baseUrl);
    expect(readSession(baseUrl)).toBe(first);
    saveSession(baseUrl, sessionWith({ accessToken: 'access-token-2' }));
    expect(readSession(baseUrl)).not.toBe(first);
  });

  it('that another tab has written is seen at once', () => {
    const session = sessionWith();
    saveSession(baseUrl, session);
    readSession(baseUrl);
    localStorage.setItem(sessionKey, JSON.stringify({ ...session, accessToken: 'access-token-2' }));
    expect(readSession(baseUrl).session?.accessToken).toBe('access-token-2');
  });

  it('of before the time of issue was kept is as good as any', () => {
    const { accessTokenIssuedAt: _unknown, ...session } = sessionWith();
    localStorage.setItem(sessionKey, JSON.stringify(session));
    expect(readSession(baseUrl).session).toEqual(session);
  });

  it('replaces the reason why the one before had ended', () => {
    endSession(baseUrl, reason);
    saveSession(baseUrl, sessionWith());
    expect(readSession(baseUrl).signedOutReason).toBeUndefined();
    expect(localStorage.getItem(reasonKey)).toBeNull();
  });

  it('that ends by itself leaves its reason, and no token', () => {
    saveSession(baseUrl, sessionWith());
    endSession(baseUrl, reason);
    expect(readSession(baseUrl)).toEqual({ session: undefined, signedOutReason: reason });
    expect(Object.keys(localStorage)).toEqual([reasonKey]);
  });

  it('that a person ends leaves nothing', () => {
    endSession(baseUrl, reason);
    endSession(baseUrl);
    expect(readSession(baseUrl)).toEqual(nothing);
    expect(localStorage).toHaveLength(0);
  });
});

describe('damaged storage', () => {
  it.each([
    ['no JSON', '{"issuer":'],
    ['another form', '[]'],
    ['null', 'null'],
    ['no access token', JSON.stringify({ ...sessionWith(), accessToken: '' })],
    ['no key', JSON.stringify({ ...sessionWith(), dpopKeyId: undefined })],
    ['a number where a text belongs', JSON.stringify({ ...sessionWith(), refreshToken: 7 })],
    ['no instant of issue', JSON.stringify({ ...sessionWith(), accessTokenIssuedAt: 'today' })],
    ['no end', JSON.stringify({ ...sessionWith(), accessTokenExpiresAt: null })],
    ['a cloud that could be overheard', JSON.stringify({ ...sessionWith(), issuer: 'http://cloud.test' })],
  ])('with %s is removed, and the person is told', (_, text) => {
    localStorage.setItem(sessionKey, text);
    expect(readSession(baseUrl)).toEqual({
      session: undefined,
      signedOutReason: { code: 'damaged-session', message: expect.stringContaining('Sign in again.') },
    });
    expect(localStorage.getItem(sessionKey)).toBeNull();
  });

  it('is told about until the next sign-in, also after a reload', () => {
    localStorage.setItem(sessionKey, 'x');
    readSession(baseUrl);
    expect(readSession(baseUrl).signedOutReason?.code).toBe('damaged-session');
    expect(localStorage.getItem(reasonKey)).toContain('damaged-session');
  });

  it.each(['x', '[]', '{"code":1,"message":"m"}', '{"code":"c"}'])('reason %s is none', (text) => {
    localStorage.setItem(reasonKey, text);
    expect(readSession(baseUrl)).toEqual(nothing);
  });
});

describe('a browser that keeps nothing', () => {
  it('has nobody signed in', () => {
    vi.stubGlobal('localStorage', {
      getItem: () => {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
    expect(readSession(baseUrl)).toEqual(nothing);
  });

  it('says so when a session is to be kept', () => {
    vi.stubGlobal('localStorage', {
      setItem: () => {
        throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
      },
    });
    expect(() => saveSession(baseUrl, sessionWith())).toThrow(
      expect.objectContaining({ code: 'storage-unavailable' }),
    );
  });
});

describe('subscribeToSessions', () => {
  it('tells of sign-ins and sign-outs in this tab', () => {
    const listener = vi.fn();
    subscribeToSessions(listener);
    saveSession(baseUrl, sessionWith());
    endSession(baseUrl, reason);
    expect(listener).toHaveBeenCalledTimes(2);
  });

  it('tells of sessions and reasons that another tab writes, and of nothing else', () => {
    const listener = vi.fn();
    subscribeToSessions(listener);
    writeInOtherTab(sessionKey, JSON.stringify(sessionWith()));
    writeInOtherTab(reasonKey, JSON.stringify(reason));
    expect(listener).toHaveBeenCalledTimes(2);
    writeInOtherTab('holdfast.color-scheme', 'dark');
    expect(listener).toHaveBeenCalledTimes(2);
  });

  it('tells when all site data is cleared', () => {
    const listener = vi.fn();
    subscribeToSessions(listener);
    window.dispatchEvent(new StorageEvent('storage', { key: null }));
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('is silent once it was stopped', () => {
    const listener = vi.fn();
    subscribeToSessions(listener)();
    saveSession(baseUrl, sessionWith());
    writeInOtherTab(sessionKey, null);
    expect(listener).not.toHaveBeenCalled();
  });
});

it('sessionBaseUrls names the instances that somebody is signed in to', () => {
  saveSession(baseUrl, sessionWith());
  saveSession('http://127.0.0.1:8080', sessionWith());
  endSession('https://left.test', reason);
  localStorage.setItem('holdfast.bookmarks', '[]');
  expect(sessionBaseUrls().sort()).toEqual(['http://127.0.0.1:8080', baseUrl]);
});
