import { act, render, renderHook } from '@testing-library/react';
import { beforeEach, expect, it, vi } from 'vitest';
import { settle, stopClock } from '../../test/clock.ts';
import '../../test/render.tsx';
import { baseUrl, sessionWith, storeSession } from '../../test/sessions.ts';
import { TestCloud } from '../../test/test-cloud.ts';
import { AuthProvider, useSession } from './AuthProvider.tsx';
import { endSession, saveSession } from './token-store.ts';

let cloud: TestCloud;

beforeEach(() => {
  stopClock();
  cloud = new TestCloud();
  vi.stubGlobal('fetch', cloud.fetch);
});

it('renews sessions while its page is open, and no longer', async () => {
  await storeSession({ accessTokenExpiresAt: Date.now() + 80_000 });
  const { unmount } = render(<AuthProvider>content</AuthProvider>);
  await vi.advanceTimersByTimeAsync(5_000);
  await vi.waitUntil(() => cloud.tokenRequests.length === 1);
  unmount();
  await settle();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(cloud.tokenRequests).toHaveLength(1);
});

it('useSession is live, and of one instance', () => {
  const { result } = renderHook(() => useSession(baseUrl));
  const session = sessionWith();
  expect(result.current.session).toBeUndefined();
  act(() => saveSession('https://other.test', session));
  expect(result.current.session).toBeUndefined();
  act(() => saveSession(baseUrl, session));
  expect(result.current.session).toEqual(session);
  act(() => endSession(baseUrl, { code: 'invalid_grant', message: 'You were signed out.' }));
  expect(result.current).toEqual({
    session: undefined,
    signedOutReason: { code: 'invalid_grant', message: 'You were signed out.' },
  });
});
