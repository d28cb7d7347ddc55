'use strict';

const { builds, isCurrent } = require('./builds.cjs');
const { loadBundle } = require('./load-bundle.cjs');

/** `holdfast-cloud`, as `holdfast.cjs` runs `holdfast`. */
exports.run = async function run() {
  const { runCommandLine } = isCurrent(builds.cloud)
    ? /** @type {typeof import('../cloud/src/command-line.ts')} */ (loadBundle(builds.cloud))
    : await import('../cloud/src/command-line.ts');
  await runCommandLine();
};
