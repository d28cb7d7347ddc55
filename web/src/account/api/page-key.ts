// Power of this file: together with the session cookie, the page key is what the cloud knows a person by. The cookie goes
// to whatever listens on another port of this host name, the storage of this origin is for its own pages. Neither of the
// two is worth anything alone.

const STORAGE_KEY = 'holdfast.page-key';

let unstored: string | undefined;

/**
 * The page key of this origin in this browser: 32 random bytes in hex, made when it is first asked for. Read anew each
 * time, because another tab may have been the first.
 */
export function pageKey(): string {
  const known = readStored() ?? unstored;
  if (known !== undefined) return known;
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const made = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  try {
    localStorage.setItem(STORAGE_KEY, made);
  } catch {
    // Storage is full or blocked: the key stays in memory, and a reload asks to sign in again.
    unstored = made;
  }
  return made;
}

/** Forgets the key, so that the next session begins with another one. */
export function forgetPageKey(): void {
  unstored = undefined;
  try {
    localStorage.removeItem(STORAGE_KEY);
  } catch {
    // Blocked: then it was never stored.
  }
}

function readStored(): string | undefined {
  try {
    const stored = localStorage.getItem(STORAGE_KEY) ?? '';
    return /^[0-9a-f]{64}$/.test(stored) ? stored : undefined;
  } catch {
    return undefined;
  }
}
