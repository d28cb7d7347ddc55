/**
 * Why SQLite refused something, by its primary result code; 0 for what it did not refuse.
 *
 * @see {@link https://www.sqlite.org/rescode.html Result and error codes}
 */
export function resultCodeOf(error: unknown): number {
  return ((error as { errcode?: number } | undefined)?.errcode ?? 0) & 0xff;
}

/** Another connection holds the lock. */
export const busy = 5;
