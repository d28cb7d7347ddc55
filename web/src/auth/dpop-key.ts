import { createStore, del, get, set, type UseStore } from 'idb-keyval';
import * as oauth from 'oauth4webapi';
import { AuthError } from './errors.ts';

// Power of this file: whoever can use these keys can use the tokens bound to them. The private halves are created
// non-extractable, so a script in the page can sign with them while it runs but can never carry them away, and a copy
// of localStorage is worthless in another browser (RFC 9449 section 2).

let openedStore: UseStore | undefined;
// One handle per key and page: it remembers the nonces that servers asked for (RFC 9449 section 8.2).
const handles = new Map<string, oauth.DPoPHandle>();

export interface DpopKey {
  /** Name of the key in this browser's IndexedDB; says nothing about the key itself. */
  id: string;
  handle: oauth.DPoPHandle;
  keyPair: CryptoKeyPair;
}

/**
 * Creates a non-extractable ES256 key pair and stores it in IndexedDB.
 *
 * @throws {AuthError} `storage-unavailable`
 */
export async function createDpopKey(): Promise<DpopKey> {
  const keyPair = await oauth.generateKeyPair('ES256', { extractable: false });
  const id = crypto.randomUUID();
  await withStore((store) => set(id, keyPair, store));
  return { id, handle: rememberHandle(id, keyPair), keyPair };
}

/**
 * Finds the key of a session; undefined when this browser no longer has it.
 *
 * @throws {AuthError} `storage-unavailable`
 */
export async function loadDpopKey(id: string): Promise<oauth.DPoPHandle | undefined> {
  const handle = handles.get(id);
  if (handle) return handle;
  const keyPair: unknown = await withStore((store) => get(id, store));
  return isKeyPair(keyPair) ? rememberHandle(id, keyPair) : undefined;
}

/** Forgets a key. A browser that cannot delete it keeps a key whose tokens are gone, which harms nobody. */
export async function deleteDpopKey(id: string): Promise<void> {
  handles.delete(id);
  try {
    await withStore((store) => del(id, store));
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
  }
}

function rememberHandle(id: string, keyPair: CryptoKeyPair): oauth.DPoPHandle {
  // oauth4webapi reads the clock and the randomness itself; a client without `clockSkew` uses this device's time.
  const handle = oauth.DPoP({}, keyPair);
  handles.set(id, handle);
  return handle;
}

async function withStore<T>(use: (store: UseStore) => Promise<T>): Promise<T> {
  try {
    openedStore ??= createStore('holdfast', 'dpop-keys');
    return await use(openedStore);
  } catch (cause) {
    throw new AuthError(
      'storage-unavailable',
      'This browser does not let the page keep the key that protects your sign-in. Allow site data for this address (private windows of some browsers refuse it), then try again.',
      { cause },
    );
  }
}

function isKeyPair(value: unknown): value is CryptoKeyPair {
  if (typeof value !== 'object' || value === null || !('privateKey' in value) || !('publicKey' in value))
    return false;
  return value.privateKey instanceof CryptoKey && value.publicKey instanceof CryptoKey;
}
