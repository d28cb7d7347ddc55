'use strict';

const { enableCompileCache, flushCompileCache } = require('node:module');
const { join } = require('node:path');
const { repositoryRoot } = require('./builds.cjs');
const { makeOwnFolder } = require('./own-folder.cjs');

const compiledCode = join(repositoryRoot, 'node_modules', '.cache', 'holdfast-compiled');

/** Long enough for the first answers, whose functions are compiled when they are called. */
const startMilliseconds = 1_000;

/**
 * Loads a server from its bundle, with the machine code of its functions from earlier runs, which runs instead of what
 * the bundle says. So it lies where nobody else can write; where that cannot be, every start compiles anew.
 *
 * @param {Pick<import('./builds.cjs').Build, 'folder' | 'entry'>} bundle
 * @param {string} [cache] where the machine code is kept
 * @returns {unknown} its exports
 */
exports.loadBundle = function loadBundle({ folder, entry }, cache = compiledCode) {
  if (makeOwnFolder(cache)) enableCompileCache(cache);
  const server = require(join(repositoryRoot, folder, entry));
  // Not only at the end, which a crash or a power cut would be without.
  setTimeout(flushCompileCache, startMilliseconds).unref();
  return server;
};
