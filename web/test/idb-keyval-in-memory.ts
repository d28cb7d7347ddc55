// The part of idb-keyval that the app uses, for a DOM without IndexedDB. Values are kept as they are: real IndexedDB
// stores CryptoKeys by structured cloning, which the browser tests cover.
declare global {
  var idbKeyvalEntries: Map<string, unknown> | undefined;
}

// One for all copies of this module: a test that plays two tabs loads the app twice, and tabs share their storage.
globalThis.idbKeyvalEntries ??= new Map();
const entries = globalThis.idbKeyvalEntries;
let refused = false;

/** Makes every later call fail until the next test, as private windows of some browsers do. */
export function refuseKeys(): void {
  refused = true;
}

export function storedKeys(): [id: string, keyPair: unknown][] {
  return [...entries];
}

export function clearKeys(): void {
  entries.clear();
  refused = false;
}

export function createStore(): Map<string, unknown> {
  return entries;
}

export async function get(key: string): Promise<unknown> {
  assertAllowed();
  return entries.get(key);
}

export async function set(key: string, value: unknown): Promise<void> {
  assertAllowed();
  entries.set(key, value);
}

export async function del(key: string): Promise<void> {
  assertAllowed();
  entries.delete(key);
}

function assertAllowed(): void {
  if (refused) throw new DOMException('The operation is insecure.', 'SecurityError');
}
