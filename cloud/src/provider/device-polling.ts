import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { TokenLifetimes } from '../lifetimes.ts';
import { epochSeconds } from './adapter.ts';
import { hashIdentifier } from './identifier-hash.ts';

/** RFC 8628 section 3.5: “the interval MUST be increased by 5 seconds for this and all subsequent requests.” */
const slowDownSeconds = 5;

/** A poll may be this much early: two requests sent an interval apart need not arrive an interval apart. */
const toleranceMilliseconds = 250;

/**
 * Judges a poll for a code that is still pending: `authorization_pending` if it kept its distance from the last one,
 * `slow_down` if not. Each statement decides by itself, so polls at the same time cannot all be in time.
 */
export async function judgePoll(
  database: Database,
  deviceCode: string,
  lifetimes: TokenLifetimes,
): Promise<'authorization_pending' | 'slow_down'> {
  const deviceCodeHash = hashIdentifier(deviceCode);
  const now = Date.now();
  const interval = lifetimes.device_poll_interval * 1000;
  const isFirst = await database
    .insertInto('device_polls')
    .values({
      device_code_hash: deviceCodeHash,
      interval,
      next_poll_at: now + interval,
      expires_at: epochSeconds() + lifetimes.device_code,
    })
    .onConflict((conflict) => conflict.column('device_code_hash').doNothing())
    .executeTakeFirst();
  if (isFirst.numInsertedOrUpdatedRows === 1n) return 'authorization_pending';

  const inTime = await database
    .updateTable('device_polls')
    .set({ next_poll_at: sql`${now} + interval` })
    .where('device_code_hash', '=', deviceCodeHash)
    .where('next_poll_at', '<=', now + toleranceMilliseconds)
    .executeTakeFirst();
  if (inTime.numUpdatedRows === 1n) return 'authorization_pending';

  const increase = slowDownSeconds * 1000;
  await database
    .updateTable('device_polls')
    .set({ interval: sql`interval + ${increase}`, next_poll_at: sql`${now} + interval + ${increase}` })
    .where('device_code_hash', '=', deviceCodeHash)
    .execute();
  return 'slow_down';
}
