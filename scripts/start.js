import { builds } from './builds.js';
import { ensureBuilt } from './ensure-built.js';
import { loadBundle } from './load-bundle.js';

// `npm start`: builds what is missing, and runs a cloud and an instance in one process.

ensureBuilt(builds.both);
const { startServers } = /** @type {typeof import('./start-servers.ts')} */ (loadBundle(builds.both));
await startServers(() => ensureBuilt(builds.webApp));
