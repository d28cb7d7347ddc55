import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type SecretsLocation, SecretsStore } from '../api/src/secrets/secrets-store.ts';
import { repositoryRoot } from '../scripts/builds.cjs';
import { bundleServer } from '../scripts/server-bundles.ts';
import { type Figure, figureOf, medianOf } from './figures.ts';

const rounds = 7;
const writesPerRound = 100;
const starts = 21;

/** What saving a secret costs, and opening the secrets at a start. */
export async function measureSecrets(): Promise<readonly Figure[]> {
  // Beside the code and not in /tmp, which may be memory, where a write that lasts costs nothing.
  const cache = join(repositoryRoot, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const root = mkdtempSync(join(cache, 'holdfast-bench-'));
  try {
    return [await saving(root), await opening(root)];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Sealed writes and inserts take turns, so that both meet the same disk. */
async function saving(root: string): Promise<Figure> {
  using store = await filledStore(locationIn(root));
  using database = new DatabaseSync(join(root, 'floor.db'));
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE tokens (access_token TEXT NOT NULL, expires_at TEXT NOT NULL) STRICT',
  );
  const insert = database.prepare('INSERT INTO tokens VALUES (?, ?)');

  const ratios: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const saves: number[] = [];
    const inserts: number[] = [];
    for (let write = 0; write < writesPerRound; write += 1) {
      const access_token = crypto.randomUUID();
      const expires_at = String(Date.now());
      const begin = performance.now();
      await store.transaction((transaction) =>
        transaction.put('instance_token', { access_token, expires_at }),
      );
      const saved = performance.now();
      insert.run(access_token, expires_at);
      saves.push(saved - begin);
      inserts.push(performance.now() - saved);
    }
    // The first round warms both up.
    if (round > 0) ratios.push(medianOf(saves) / medianOf(inserts));
  }
  return figureOf('sealed write acknowledged ÷ node:sqlite insert (WAL, synchronous=FULL)', ratios, {
    atMost: 5,
  });
}

/** Each time in a process of its own, where nothing is loaded yet, from a bundle whose code an earlier one compiled. */
async function opening(root: string): Promise<Figure> {
  const script = fileURLToPath(new URL('open-secrets.cjs', import.meta.url));
  const bundle = join(root, 'bundle');
  await bundleServer('instance', bundle, 'api/src/secrets/secrets-store.ts');
  const milliseconds: number[] = [];
  for (let start = 0; start <= starts; start += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [
      script,
      relative(repositoryRoot, bundle),
      JSON.stringify(locationIn(root)),
    ]);
    if (start > 0) milliseconds.push(Number(stdout));
  }
  return figureOf(
    'opening the secrets in a new process, from a bundle, with loading their code, ms',
    milliseconds,
    {
      atMost: 80,
    },
  );
}

function locationIn(root: string): SecretsLocation {
  const dataPath = join(root, 'data');
  return { path: join(dataPath, 'secrets.db'), dataPath, keys: { directory: join(root, 'keys') } };
}

/** A store with the records of a claimed instance. */
async function filledStore(location: SecretsLocation): Promise<SecretsStore> {
  mkdirSync(location.dataPath);
  const store = await SecretsStore.open(location);
  const issuer = 'https://cloud.example';
  await store.transaction((transaction) => {
    transaction.put('registration', {
      issuer,
      client_id: crypto.randomUUID(),
      client_secret: crypto.randomUUID(),
    });
    transaction.put('registration_management', {
      registration_access_token: crypto.randomUUID(),
      registration_client_uri: `${issuer}/reg/${crypto.randomUUID()}`,
    });
    transaction.put('instance_name', { name: 'Bench' });
    transaction.put('instance_claim', {
      issuer,
      workspace: crypto.randomUUID(),
      workspace_name: 'Ann',
      claimed_at: new Date().toISOString(),
    });
  });
  return store;
}
