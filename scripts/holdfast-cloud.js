import { builds, isCurrent } from './builds.js';
import { loadBundle } from './load-bundle.js';

// `holdfast-cloud`, as `holdfast.js` runs `holdfast`.

const { runCommandLine } = isCurrent(builds.cloud)
  ? /** @type {typeof import('../cloud/src/command-line.ts')} */ (loadBundle(builds.cloud))
  : await import('../cloud/src/command-line.ts');
await runCommandLine();
