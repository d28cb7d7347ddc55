import { afterEach, vi } from 'vitest';
import { resetBrowser } from './browser-shims.ts';

// happy-dom has neither IndexedDB nor Web Locks nor ResizeObserver; everything else is the DOM's own.
vi.mock('idb-keyval', async () => await import('./idb-keyval-in-memory.ts'));

// As for the servers: what takes long on a busy machine is no failure.
vi.setConfig({ testTimeout: 20_000 });

resetBrowser();
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  resetBrowser();
});
