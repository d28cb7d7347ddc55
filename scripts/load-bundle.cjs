'use strict';

const { enableCompileCache, flushCompileCache } = require('node:module');
const { join } = require('node:path');
const { setFlagsFromString } = require('node:v8');
const { repositoryRoot } = require('./builds.cjs');

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
 * @param {import('./builds.cjs').Build} bundle
 * @returns {unknown} its exports
 */
exports.loadBundle = function loadBundle({ folder, entry }) {
  enableCompileCache(join(repositoryRoot, 'node_modules', '.cache', 'holdfast-compiled'));
  const server = require(join(repositoryRoot, folder, entry));
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
};

/** @param {number} budget */
function setTieringBudget(budget) {
  setFlagsFromString(`--wasm-tiering-budget=${budget}`);
}
