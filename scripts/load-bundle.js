import { createRequire, enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { repositoryRoot } from './builds.js';

/** Long enough for the first answers, whose functions are compiled when they are called. */
const millisecondsBeforeFlush = 1_000;

/**
 * How much a WebAssembly function runs before V8 optimises it, ten times the usual. Opening the secrets calls for it a
 * few milliseconds before its end, for 20 MB of memory; a backup still gets there.
 */
const wasmTieringBudget = 130_000_000;

/**
 * Loads a server from its bundle, with the machine code of its functions from earlier runs. That lies beside the code that it is
 * made of and like that must be nobody else's to write; where it cannot be written, every start compiles anew.
 *
 * @param {import('./builds.js').Build} bundle
 * @returns {unknown} its exports
 */
export function loadBundle({ folder, entry }) {
  setFlagsFromString(`--wasm-tiering-budget=${wasmTieringBudget}`);
  enableCompileCache(join(repositoryRoot, 'node_modules', '.cache', 'holdfast-compiled'));
  // Now and not at the end, which a crash or a power cut would be without.
  setTimeout(flushCompileCache, millisecondsBeforeFlush).unref();
  // An import would read the whole file once more to find out what it exports.
  return createRequire(import.meta.url)(join(repositoryRoot, folder, entry));
}
