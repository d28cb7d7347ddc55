'use strict';

const { builds, isCurrent } = require('./builds.cjs');
const { loadBundle } = require('./load-bundle.cjs');

/**
 * `holdfast`, from its bundle. It builds nothing, since it may be a service that cannot write here: without a bundle that
 * is current, it runs the sources.
 */
exports.run = async function run() {
  const { runCommandLine } = isCurrent(builds.instance)
    ? /** @type {typeof import('../api/src/command-line.ts')} */ (loadBundle(builds.instance))
    : await import('../api/src/command-line.ts');
  await runCommandLine();
};
