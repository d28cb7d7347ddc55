import { StartupError } from '../errors.ts';
import { openExistingCloud } from '../operator/existing-cloud.ts';
import { Invites } from './invites.ts';
import { OneTimeTokens } from './one-time-tokens.ts';

/**
 * Creates an invitation in the data of a cloud, which may be running meanwhile, and returns its link.
 *
 * @throws {StartupError} as `openExistingCloud`, or `invalid_configuration` for a wrong number of days
 */
export async function createInvite(dataPath: string, days: number): Promise<string> {
  if (!Number.isInteger(days) || days < 1 || days > 365) {
    throw new StartupError(
      'invalid_configuration',
      'An invitation is good for 1 to 365 days. Give --days such a number.',
    );
  }
  await using cloud = await openExistingCloud(dataPath);
  const token = await new Invites(new OneTimeTokens(cloud.database)).create(days);
  return `${cloud.issuer}/sign-up#link=${token}`;
}
