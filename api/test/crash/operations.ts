// What an instance writes, as operations on a directory that holds its data and its keys.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeClaimCodeFile } from '../../src/claim/claim-code-file.ts';
import { readHeader } from '../../src/secrets/secrets-file.ts';
import { SecretsStore } from '../../src/secrets/secrets-store.ts';
import { registration } from '../secrets-place.ts';
import { locationIn, type Started, start } from './start.ts';

export interface Operation {
  /** Fills the empty directory `root`. */
  prepare?(root: string): Promise<void>;
  /** What follows the start, unless the start is all. */
  change?(started: Started): Promise<void>;
  /** The key file that the user named, below the root. */
  readonly keyFile?: string;
}

export const operations: Readonly<Record<string, Operation>> = {
  'the first start': {},
  'the first start with a key file that the user named': { keyFile: 'elsewhere/below/my.key' },
  'a start with secrets of format 1': { prepare: placeFormat1 },
  'a transaction': {
    prepare: placeSecrets,
    change: async ({ store }) =>
      store.transaction((transaction) => transaction.put('instance_name', { name: 'Lab' })),
  },
  'a new data key': { prepare: placeSecrets, change: async ({ store }) => store.rotate() },
  'a new key file': {
    prepare: placeSecrets,
    change: async ({ store, location }) => store.rewrap('key-file', location.keys),
  },
  'a new claim code': {
    prepare: placeSecrets,
    change: async ({ location, claimCodePath }) =>
      writeClaimCodeFile(claimCodePath, '0123Z-VWX1J', location.steps),
  },
};

/** What secrets.db (undefined when there is none) and the claim code's file hold, whatever the random values in them. */
export async function pictureOf(root: string, { keyFile }: Operation): Promise<object> {
  const location = locationIn(root, { keyFile });
  const claimCodePath = join(location.dataPath, 'claim-code');
  using store = existsSync(location.path) ? await SecretsStore.inspect(location) : undefined;
  return {
    claimCode: existsSync(claimCodePath) ? readFileSync(claimCodePath, 'utf8') : undefined,
    secrets: store && contentOf(store),
  };
}

/** The records with what protects them, without the random id of the data directory. */
export function contentOf(store: SecretsStore): object {
  const { keyLocation, ...protection } = store.protection;
  return {
    ...protection,
    // A key file that was made before a later step failed is not made again: the next attempt takes another name.
    keyName: keyLocation
      ?.replace(/^.*[/\\]/, '')
      .replace(store.dataDirectoryId, '')
      .replace(/^\.\d+\./, '.next.'),
    records: Object.fromEntries(store.names.map((name) => [name, store.read(name)])),
  };
}

async function placeSecrets(root: string): Promise<void> {
  await using started = await start(root);
  await started.store.transaction((transaction) => transaction.put('registration', registration));
}

/** Secrets of format 1, whose key is 32 bytes 0x07, in a directory of that time. */
async function placeFormat1(root: string): Promise<void> {
  const path = fileURLToPath(new URL('../../src/secrets/fixtures/secrets-format-1.db', import.meta.url));
  const content = readFileSync(path);
  const { dataDirectoryId } = await readHeader(path, content);
  for (const directory of ['data', 'keys']) mkdirSync(join(root, directory), { mode: 0o700 });
  writeFileSync(join(root, 'data', 'secrets.db'), content, { mode: 0o600 });
  const key = `${Buffer.alloc(32, 7).toString('base64url')}\n`;
  writeFileSync(join(root, 'keys', `${dataDirectoryId}.key`), key, { mode: 0o600 });
}
