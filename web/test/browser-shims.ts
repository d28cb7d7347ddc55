import { Blob } from 'node:buffer';
import { URL } from 'node:url';
import { clearKeys } from './idb-keyval-in-memory.ts';

/** Gives each test a browser of its own: empty storage, and what happy-dom lacks or does differently. */
export function resetBrowser(): void {
  localStorage.clear();
  sessionStorage.clear();
  clearKeys();
  queues.clear();
  define(navigator, 'locks', { request: requestLock });
  // What `URL.parse` of happy-dom makes is no instance of its `URL`.
  define(globalThis, 'URL', URL);
  // Which makes addresses of these only.
  define(globalThis, 'Blob', Blob);
  // Windows of happy-dom load what they are led to.
  define(globalThis, 'open', () => null);
  globalThis.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
}

const queues = new Map<string, Promise<unknown>>();

/** Exclusive Web Locks of one tab: whoever asks waits for everybody who asked before. */
async function requestLock<T>(name: string, callback: () => Promise<T>): Promise<T> {
  const before = queues.get(name);
  const turn = (async () => {
    await before;
    return callback();
  })();
  queues.set(
    name,
    turn.catch(() => undefined),
  );
  return await turn;
}

function define(target: object, property: string, value: unknown): void {
  Object.defineProperty(target, property, { value, configurable: true, writable: true });
}
