import { join } from 'node:path';
import { temporaryDirectory } from '../temporary-directory.ts';
import { fillCache } from './writer-process.ts';
import { type Problem, WrittenDirectory } from './written-directory.ts';

/** What came of all kills so far. */
export interface KillCounts {
  kills: number;
  /** Of them: before the writer had opened its directory. */
  beforeOpen: number;
  /** Of them: in the middle of a save. */
  midSave: number;
  /** Writers that began in an empty directory. */
  beginnings: number;
  /** Changes that were acknowledged. */
  changes: number;
  torn: number;
  lost: number;
}

/** How often a writer begins in an empty directory, so that kills hit the first save and the creation of the key. */
const shareOfBeginnings = 0.2;

/**
 * Kills writers at random moments and looks at what each leaves; the next one goes on with that. The moments are spread
 * evenly over twice the time that opening a directory takes: half of them come before it is open, half during saves.
 *
 * @param options.jobs how many at a time
 * @param options.onKill called after each kill, and after the last start in a directory
 */
export async function killWriters({
  kills,
  jobs,
  onKill,
}: {
  kills: number;
  jobs: number;
  onKill: (counts: Readonly<KillCounts>, problems: readonly Problem[]) => void;
}): Promise<KillCounts> {
  await using base = await temporaryDirectory();
  const cache = join(base.path, 'cache');
  await fillCache(join(base.path, 'first'), cache);
  const counts = { kills: 0, beforeOpen: 0, midSave: 0, beginnings: 0, changes: 0, torn: 0, lost: 0 };
  const plan = { left: kills, openingTakes: 50 }; // milliseconds, to begin with

  const report = (problems: readonly Problem[]): void => {
    for (const { kind } of problems) counts[kind] += 1;
    onKill(counts, problems);
  };
  const killOne = async (directory: WrittenDirectory): Promise<boolean> => {
    plan.left -= 1;
    const after = Math.random() * 2 * plan.openingTakes;
    const { problems, openedAfter, isMidSave, changes } = await directory.killWriter(after);
    const tookAtLeast = openedAfter ?? Math.max(after, plan.openingTakes);
    plan.openingTakes += (tookAtLeast - plan.openingTakes) / 8;
    counts.kills += 1;
    counts.changes += changes;
    if (openedAfter === undefined) counts.beforeOpen += 1;
    if (isMidSave) counts.midSave += 1;
    report(problems);
    return problems.length === 0;
  };
  const work = async (): Promise<void> => {
    while (plan.left > 0) {
      counts.beginnings += 1;
      const directory = new WrittenDirectory(join(base.path, String(counts.beginnings)), cache);
      let isFine: boolean;
      do isFine = await killOne(directory);
      while (isFine && plan.left > 0 && Math.random() > shareOfBeginnings);
      if (isFine) report(await directory.retire());
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return counts;
}
