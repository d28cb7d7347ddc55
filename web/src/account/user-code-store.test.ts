import { act, renderHook } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createUserCodeStore, takeUserCodesFromAddress, useUserCode } from './user-code-store.ts';

afterEach(() => history.replaceState(null, '', '/'));

describe('the store', () => {
  it('keeps a code over a reload, in this tab only', () => {
    createUserCodeStore(sessionStorage).set('WDJB-MJHT');
    expect(createUserCodeStore(sessionStorage).get()).toBe('WDJB-MJHT');
    expect(localStorage).toHaveLength(0);
  });

  it('forgets a code for good', () => {
    const store = createUserCodeStore(sessionStorage);
    store.set('WDJB-MJHT');
    store.clear();
    expect(store.get()).toBeUndefined();
    expect(sessionStorage).toHaveLength(0);
  });

  it('takes nothing from storage that is no code', () => {
    sessionStorage.setItem('holdfast.user-code', '<script>');
    expect(createUserCodeStore(sessionStorage).get()).toBeUndefined();
  });

  it('works in memory where the browser keeps nothing', () => {
    const refuse = () => {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    };
    const refusing = { getItem: refuse, setItem: refuse, removeItem: refuse } as unknown as Storage;
    for (const storage of [undefined, refusing]) {
      const store = createUserCodeStore(storage);
      store.set('WDJB-MJHT');
      expect(store.get()).toBe('WDJB-MJHT');
      store.clear();
      expect(store.get()).toBeUndefined();
    }
  });

  it('is live in the page', () => {
    const store = createUserCodeStore(sessionStorage);
    const { result, unmount } = renderHook(() => useUserCode(store));
    expect(result.current).toBeUndefined();
    act(() => store.set('WDJB-MJHT'));
    expect(result.current).toBe('WDJB-MJHT');
    act(() => store.clear());
    expect(result.current).toBeUndefined();
    unmount();
  });

  it('tells nobody who has stopped listening', () => {
    const store = createUserCodeStore(sessionStorage);
    const listener = vi.fn();
    store.subscribe(listener)();
    store.set('WDJB-MJHT');
    expect(listener).not.toHaveBeenCalled();
  });
});

describe('the code of the address', () => {
  let changeHash: () => void;

  /** A window of its own: what a closed page listens to must not reach the next. */
  function openPage(address: string) {
    history.replaceState({ key: 'entry' }, '', address);
    const store = createUserCodeStore(undefined);
    const events = new EventTarget();
    changeHash = () => void events.dispatchEvent(new Event('hashchange'));
    takeUserCodesFromAddress(store, Object.assign(events, { location, history }) as unknown as Window);
    return store;
  }

  it('moves into the store and leaves the address bar without a trace', () => {
    const entries = history.length;
    expect(openPage('/device#user_code=wdjbmjht').get()).toBe('WDJB-MJHT');
    expect(location.pathname + location.search + location.hash).toBe('/device');
    expect(history.length).toBe(entries);
    expect(history.state).toEqual({ key: 'entry' });
  });

  it('is taken whenever a link changes it', () => {
    const store = openPage('/device');
    history.replaceState(null, '', '/device#user_code=BCDF-GHJK');
    changeHash();
    expect(store.get()).toBe('BCDF-GHJK');
    expect(location.hash).toBe('');
  });

  it('leaves the address bar even when it is none', () => {
    expect(openPage('/device#user_code=WDJB').get()).toBeUndefined();
    expect(location.hash).toBe('');
  });

  it('is not taken from the query, which servers see', () => {
    expect(openPage('/device?user_code=WDJB-MJHT').get()).toBeUndefined();
  });

  it('leaves other fragments alone', () => {
    openPage('/device#content');
    expect(location.hash).toBe('#content');
  });
});
