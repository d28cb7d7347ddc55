/**
 * The user code that the person is about to decide on, kept while they sign in or create an account.
 *
 * The link in an instance's page carries it in the fragment, `/device#user_code=WDJB-MJHT`, which browsers send
 * to no server. It is taken out of the address bar at once and lives in this tab only.
 */
import { useSyncExternalStore } from 'react';
import { parseUserCode } from './user-code.ts';

const STORAGE_KEY = 'holdfast.user-code';

export interface UserCodeStore {
  get: () => string | undefined;
  set: (userCode: string) => void;
  clear: () => void;
  subscribe: (listener: () => void) => () => void;
}

/** A store on top of this tab's session storage; without storage (blocked by the browser) it is in memory only. */
export function createUserCodeStore(storage: Storage | undefined): UserCodeStore {
  const listeners = new Set<() => void>();
  let userCode = readStored(storage);
  const change = (next: string | undefined) => {
    userCode = next;
    writeStored(storage, next);
    for (const listener of listeners) listener();
  };
  return {
    get: () => userCode,
    set: (next) => change(next),
    clear: () => change(undefined),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Moves the code of the address bar's fragment, now and whenever a link changes it, into the store. */
export function takeUserCodesFromAddress(store: UserCodeStore, window: Window): void {
  const take = () => {
    const { hash, pathname } = window.location;
    const given = new URLSearchParams(hash.slice(1)).get('user_code');
    if (given === null) return;
    window.history.replaceState(window.history.state, '', pathname);
    const userCode = parseUserCode(given);
    if (userCode) store.set(userCode);
  };
  take();
  window.addEventListener('hashchange', take);
}

/** The code that the person is about to decide on, if any. */
export function useUserCode(store: UserCodeStore): string | undefined {
  return useSyncExternalStore(store.subscribe, store.get);
}

function readStored(storage: Storage | undefined): string | undefined {
  try {
    return parseUserCode(storage?.getItem(STORAGE_KEY) ?? '');
  } catch {
    return undefined;
  }
}

function writeStored(storage: Storage | undefined, userCode: string | undefined): void {
  try {
    if (userCode === undefined) storage?.removeItem(STORAGE_KEY);
    else storage?.setItem(STORAGE_KEY, userCode);
  } catch {
    // Storage is full or blocked: the code stays in memory, and only a reload loses it.
  }
}
