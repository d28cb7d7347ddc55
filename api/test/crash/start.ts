import { join } from 'node:path';
import type { FileSteps } from '../../src/data-directory/atomic-file.ts';
import { openDataDirectory } from '../../src/data-directory/data-directory.ts';
import { type SecretsLocation, SecretsStore, secretsLocationIn } from '../../src/secrets/secrets-store.ts';

interface Circumstances {
  /** Named by the user, below the root. */
  readonly keyFile?: string | undefined;
  readonly steps?: FileSteps;
}

/** The part of an instance that writes, started. */
export interface Started extends AsyncDisposable {
  readonly store: SecretsStore;
  readonly location: SecretsLocation;
  readonly claimCodePath: string;
}

/** The data directory `data` and the key directory `keys` below `root`. */
export function locationIn(root: string, { keyFile, steps }: Circumstances = {}): SecretsLocation {
  const dataPath = join(root, 'data');
  return {
    path: join(dataPath, 'secrets.db'),
    dataPath,
    keys: { directory: join(root, 'keys'), file: keyFile && join(root, keyFile) },
    ...(steps && { steps }),
  };
}

/** Opens data directory and secrets below `root` in the order in which an instance does. */
export async function start(root: string, circumstances: Circumstances = {}): Promise<Started> {
  const location = locationIn(root, circumstances);
  await using resources = new AsyncDisposableStack();
  const directory = resources.use(await openDataDirectory(location.dataPath, circumstances));
  const store = resources.use(
    await SecretsStore.open({
      ...secretsLocationIn(directory, location.keys),
      ...(circumstances.steps && { steps: circumstances.steps }),
    }),
  );
  await directory.recordSecrets(store.dataDirectoryId);
  const opened = resources.move();
  return {
    store,
    location,
    claimCodePath: directory.claimCodePath,
    [Symbol.asyncDispose]: async () => opened.disposeAsync(),
  };
}
