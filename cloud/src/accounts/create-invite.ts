import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../database/database.ts';
import { StartupError } from '../errors.ts';
import { Invites } from './invites.ts';
import { OneTimeTokens } from './one-time-tokens.ts';

/**
 * Creates an invitation in the data of a cloud, which may be running meanwhile, and returns its link.
 *
 * @throws {StartupError} `data_path_unusable`, or `invalid_configuration` for a wrong number of days
 */
export async function createInvite(dataPath: string, days: number): Promise<string> {
  if (!Number.isInteger(days) || days < 1 || days > 365) {
    throw new StartupError(
      'invalid_configuration',
      'An invitation is good for 1 to 365 days. Give --days such a number.',
    );
  }
  const path = join(dataPath, 'cloud.db');
  if (!existsSync(path)) throw noCloud(dataPath);
  const database = await openDatabase(path);
  try {
    const cloud = await database.selectFrom('cloud').select('issuer').executeTakeFirst();
    if (!cloud) throw noCloud(dataPath);
    const token = await new Invites(new OneTimeTokens(database)).create(days);
    return `${cloud.issuer}/sign-up#link=${token}`;
  } finally {
    await database.destroy();
  }
}

function noCloud(dataPath: string): StartupError {
  return new StartupError(
    'data_path_unusable',
    `There is no cloud in ${dataPath}. Start one there first (holdfast-cloud serve), or name its directory with --data-path.`,
  );
}
