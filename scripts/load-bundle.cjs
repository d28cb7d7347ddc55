'use strict';

const { enableCompileCache, flushCompileCache } = require('node:module');
const { join } = require('node:path');
const { repositoryRoot } = require('./builds.cjs');
const { makeOwnFolder } = require('./own-folder.cjs');

/** Long enough for the first answers, whose functions are compiled when they are called. */
const startMilliseconds = 1_000;

/**
 * Loads a server from its bundle, with the machine code of its functions from earlier runs, which runs instead of what
 * the bundle says. It lies beside the bundle and goes with it, where nobody else can write; where that cannot be, every
 * start compiles anew.
 *
 * @param {Pick<import('./builds.cjs').Build, 'folder' | 'entry'>} bundle
 * @returns {unknown} its exports
 */
exports.loadBundle = function loadBundle({ folder, entry }) {
  const compiled = join(repositoryRoot, folder, 'compiled');
  if (makeOwnFolder(compiled)) enableCompileCache(compiled);
  const server = require(join(repositoryRoot, folder, entry));
  // Not only at the end, which a crash or a power cut would be without.
  setTimeout(flushCompileCache, startMilliseconds).unref();
  return server;
};
