'use strict';

const { enableCompileCache, flushCompileCache } = require('node:module');
const { join } = require('node:path');
const { repositoryRoot } = require('./builds.cjs');

/** Long enough for the first answers, whose functions are compiled when they are called. */
const startMilliseconds = 1_000;

/**
 * Loads a server from its bundle, with the machine code of its functions from earlier runs. That lies beside the code
 * that it is made of, goes with it, and like that must be nobody else's to write; where it cannot be written, every start
 * compiles anew.
 *
 * @param {import('./builds.cjs').Build} bundle
 * @returns {unknown} its exports
 */
exports.loadBundle = function loadBundle({ folder, entry }) {
  enableCompileCache(join(repositoryRoot, folder, 'compiled'));
  const server = require(join(repositoryRoot, folder, entry));
  // Not only at the end, which a crash or a power cut would be without.
  setTimeout(flushCompileCache, startMilliseconds).unref();
  return server;
};
