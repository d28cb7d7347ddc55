'use strict';

const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { isCurrent, repositoryRoot } = require('./builds.cjs');

/**
 * Builds what is missing or old, in a process of its own, whose memory goes with it. Ends this one where that fails:
 * the other has said why.
 *
 * @param {import('./builds.cjs').Build} build
 */
exports.ensureBuilt = function ensureBuilt(build) {
  if (isCurrent(build)) return;
  const script = join(repositoryRoot, 'scripts', 'build.ts');
  const { status } = spawnSync(process.execPath, [script, '--if-stale', build.name], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: withoutOurs(process.env),
  });
  if (status !== 0) process.exit(status ?? 1);
};

/**
 * Passphrases are among our variables, and the tools that build need none of them.
 *
 * @param {NodeJS.ProcessEnv} environment
 */
function withoutOurs(environment) {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('HOLDFAST_')));
}
