import type { SecretsLocation } from '../api/src/secrets/secrets-store.ts';

// Opens the secrets at the location it is given and prints how many milliseconds that took, from before their code was
// loaded.
const location = JSON.parse(process.argv[2] as string) as SecretsLocation;
const startedAt = performance.now();
const { SecretsStore } = await import('../api/src/secrets/secrets-store.ts');
using _store = await SecretsStore.open(location);
console.log(performance.now() - startedAt);
