import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openDatabase } from '../database/database.ts';
import { StartupError } from '../errors.ts';
import { lifetimeRanges } from '../lifetimes.ts';
import { InstanceResources } from '../provider/resource-server.ts';
import { readOrCreateServerKeys } from '../provider/signing-keys.ts';
import { SecurityEventSigner } from '../security-events/security-event-token.ts';
import { SecurityEvents } from '../security-events/security-events.ts';

/** The data of a cloud, which may be running meanwhile in another process. */
export interface ExistingCloud extends AsyncDisposable {
  readonly issuer: string;
  readonly database: Database;
  /** Publishes to instances, which hear of it from the cloud as soon as it runs. */
  readonly events: SecurityEvents;
}

/** @throws {StartupError} `data_path_unusable` where no cloud was started yet, or `data_damaged` */
export async function openExistingCloud(dataPath: string): Promise<ExistingCloud> {
  const { databasePath, keysPath } = existingFiles(dataPath);
  await using opened = new AsyncDisposableStack();
  const database = await openDatabase(databasePath);
  opened.defer(async () => database.destroy());
  const cloud = await database.selectFrom('cloud').select('issuer').executeTakeFirst();
  if (!cloud) throw noCloud(dataPath);
  const { issuer } = cloud;
  const events = opened.use(
    new SecurityEvents({
      database,
      signer: new SecurityEventSigner(issuer, readOrCreateServerKeys(keysPath).signingKeys),
      issuer,
      resources: new InstanceResources(issuer),
      longestAccessTokenSeconds: lifetimeRanges.access_token.longest,
    }),
  );
  const open = opened.move();
  return { issuer, database, events, [Symbol.asyncDispose]: async () => open.disposeAsync() };
}

/** @throws {StartupError} `data_path_unusable` where no cloud was started yet */
export function existingFiles(dataPath: string): {
  readonly databasePath: string;
  readonly keysPath: string;
} {
  const [databasePath, keysPath] = [join(dataPath, 'cloud.db'), join(dataPath, 'keys.json')];
  if (!existsSync(databasePath) || !existsSync(keysPath)) throw noCloud(dataPath);
  return { databasePath, keysPath };
}

function noCloud(dataPath: string): StartupError {
  return new StartupError(
    'data_path_unusable',
    `There is no cloud in ${dataPath}. Start one there first (holdfast-cloud serve), or name its directory with --data-path.`,
  );
}
