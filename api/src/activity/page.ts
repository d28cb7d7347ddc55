/** One page of a long list, newest first. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Whether there are older ones. */
  readonly hasMore: boolean;
}

/** A place in a list that is ordered by time and, within one millisecond, by id: newest first. */
export interface Position {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly id: number;
}

/** Before the newest item there can be. */
export const beginning: Position = { at: Number.MAX_SAFE_INTEGER, id: 0 };

/** Where a page begins of which everything is earlier than `until`, in milliseconds since the epoch. */
export function earlierThan(until: number | undefined, position: Position): Position {
  // What is earlier than `until` comes after the position (until, 0): ids begin at 1.
  return until !== undefined && until <= position.at ? { at: until, id: 0 } : position;
}

/** The position as an opaque text for clients. */
export function encodeCursor({ at, id }: Position): string {
  return Buffer.from(`${at}.${id}`).toString('base64url');
}

/** The position that {@link encodeCursor} made `cursor` of; undefined for every other text. */
export function decodeCursor(cursor: string): Position | undefined {
  const [, at, id] =
    /^(\d{1,15})\.(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (at === undefined || id === undefined) return undefined;
  const position = { at: Number(at), id: Number(id) };
  return encodeCursor(position) === cursor ? position : undefined;
}

/** A page of `first` items from rows of which one more was asked for than the page holds. */
export function pageOf<Row, Item>(rows: readonly Row[], first: number, read: (row: Row) => Item): Page<Item> {
  return { items: rows.slice(0, first).map(read), hasMore: rows.length > first };
}
