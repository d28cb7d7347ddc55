'use strict';

// Opens the secrets at the location it is given, as an instance that starts does, from a bundle in the folder it is given,
// and prints how many milliseconds that took, from before their code was loaded.

const { builds } = require('../scripts/builds.cjs');
const { loadBundle } = require('../scripts/load-bundle.cjs');

void openSecrets();

async function openSecrets() {
  const [folder = '', location = ''] = process.argv.slice(2);
  const startedAt = performance.now();
  const { SecretsStore } = /** @type {typeof import('../api/src/secrets/secrets-store.ts')} */ (
    loadBundle({ ...builds.instance, folder })
  );
  const store = await SecretsStore.open(JSON.parse(location));
  console.log(performance.now() - startedAt);
  store[Symbol.dispose]();
}
