import { activityUnusable, inspectActivity } from '../activity/activity-database.ts';
import { statOwnDatabase } from '../data-directory/data-directory.ts';
import { isSqliteBusy, StartupError } from '../errors.ts';
import { type Finding, ok, problemOf, warning } from './finding.ts';

/**
 * Looks into `instance.db` as the next start would, whether an instance works with it or not; no finding where there is
 * none yet, or where something else is in the place of one of its files, which is a finding about the files.
 */
export async function examineActivity(path: string): Promise<Finding[]> {
  try {
    if (!statOwnDatabase(path)) return [];
  } catch {
    return [];
  }
  try {
    inspectActivity(path);
    return [ok('Activity', `${path} holds the tables that it should.`)];
  } catch (error) {
    if (isSqliteBusy(error)) {
      return [
        warning(
          'Activity',
          `${path} is in use for a moment by another program.`,
          'Run holdfast doctor again.',
        ),
      ];
    }
    return [problemOf('Activity', error instanceof StartupError ? error : activityUnusable(path, error))];
  }
}
