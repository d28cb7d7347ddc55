import type { Selectable } from 'kysely';
import type { Tables } from '../database/tables.ts';

/** A run of an instance: from one start of it to the next. */
export type InstanceRun = Omit<Selectable<Tables['instance_runs']>, 'client_id'>;

/**
 * A run that goes on after a later one has begun is a second copy, and not one that was restarted; but what it had sent
 * before it ended may be judged a moment late.
 */
const graceMilliseconds = 5_000;

/** An instance asks every 25 s, or after a failure a little later. */
const aliveMilliseconds = 60_000;

/** A run that is alone says so now and then, lest it be forgotten. */
const signOfLifeMilliseconds = 3_600_000;

/** What has to be noted of a run that is seen `now`; undefined if nothing has to be, as of one that is alone. */
export function whatChanges(
  own: InstanceRun,
  runs: readonly InstanceRun[],
  now: number,
): Pick<InstanceRun, 'seen_at' | 'met'> | undefined {
  const later = runs.filter(({ sequence }) => sequence > own.sequence);
  const met = later
    .filter(({ begun_at }) => now - begun_at >= graceMilliseconds)
    .reduce((latest, { sequence }) => Math.max(latest, sequence), own.met);
  const changed = { ...own, seen_at: now, met };
  const isDue =
    // The later one need not have noticed: it hears of this one by what is noted here.
    later.length > 0 ||
    otherRunOf(changed, runs, now) !== undefined ||
    Math.abs(now - own.seen_at) >= signOfLifeMilliseconds;
  return isDue ? { seen_at: now, met } : undefined;
}

/** The run that began last of those that are alive beside `own`, which is. */
export function otherRunOf(
  own: InstanceRun,
  runs: readonly InstanceRun[],
  now: number,
): InstanceRun | undefined {
  return runs
    .filter(({ sequence, seen_at }) => sequence !== own.sequence && isAlive(seen_at, now))
    .filter((other) =>
      other.sequence > own.sequence ? own.met >= other.sequence : other.met >= own.sequence,
    )
    .toSorted((one, another) => another.sequence - one.sequence)[0];
}

/** A clock that was set back makes nobody live longer. */
function isAlive(seenAt: number, now: number): boolean {
  return seenAt <= now && now - seenAt < aliveMilliseconds;
}
