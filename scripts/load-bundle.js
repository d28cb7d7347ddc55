import { createRequire, enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { repositoryRoot } from './builds.js';

/** Long enough for the first answers, whose functions are compiled when they are called. */
const startMilliseconds = 1_000;

/**
 * How much a WebAssembly function runs before V8 optimises it: as V8 has it, and ten times that. Opening the secrets gets
 * to the former a moment before its end, which costs 20 MB of memory for nothing; a backup still gets to the latter.
 */
const usualTieringBudget = 13_000_000;
const tieringBudgetAtStart = 130_000_000;

/**
 * Loads a server from its bundle, with the machine code of its functions from earlier runs. That lies beside the code
 * that it is made of and like that must be nobody else's to write; where it cannot be written, every start compiles anew.
 *
 * @param {import('./builds.js').Build} bundle
 * @returns {unknown} its exports
 */
export function loadBundle({ folder, entry }) {
  enableCompileCache(join(repositoryRoot, 'node_modules', '.cache', 'holdfast-compiled'));
  // An import would read the whole file once more to find out what it exports.
  const server = createRequire(import.meta.url)(join(repositoryRoot, folder, entry));
  // Not earlier: compiled code counts only for the flags under which it was saved, that of Node.js itself as well.
  setTieringBudget(tieringBudgetAtStart);
  const save = () => {
    setTieringBudget(usualTieringBudget);
    flushCompileCache();
  };
  // Not only at the end, which a crash or a power cut would be without.
  setTimeout(save, startMilliseconds).unref();
  process.once('exit', save);
  return server;
}

/** @param {number} budget */
function setTieringBudget(budget) {
  setFlagsFromString(`--wasm-tiering-budget=${budget}`);
}
