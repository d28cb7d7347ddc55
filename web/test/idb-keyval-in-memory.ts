// The part of idb-keyval that the app uses, for a DOM without IndexedDB. Values are kept as they are: real IndexedDB
// stores CryptoKeys by structured cloning, which the browser tests cover.
const entries = new Map<string, unknown>();

export function createStore(): Map<string, unknown> {
  return entries;
}

export async function get(key: string): Promise<unknown> {
  return entries.get(key);
}

export async function set(key: string, value: unknown): Promise<void> {
  entries.set(key, value);
}

export async function del(key: string): Promise<void> {
  entries.delete(key);
}

export function clearKeys(): void {
  entries.clear();
}
