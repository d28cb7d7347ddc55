'use strict';

const { builds } = require('./builds.cjs');
const { ensureBuilt } = require('./ensure-built.cjs');
const { loadBundle } = require('./load-bundle.cjs');

/** `npm start`: builds what is missing, and runs a cloud and an instance in one process. */
exports.run = async function run() {
  ensureBuilt(builds.both);
  const { startServers } = /** @type {typeof import('./start-servers.ts')} */ (loadBundle(builds.both));
  await startServers(() => ensureBuilt(builds.webApp));
};
