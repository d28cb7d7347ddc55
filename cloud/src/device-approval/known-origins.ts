import type { Database } from '../database/database.ts';

/** Beyond this many the one that was longest not signed in from is forgotten: a flood of origins must not fill the memory. */
const mostOrigins = 10_000;

/** The origins of pages from which somebody has signed in to an instance; in memory, because every request asks. */
export class KnownOrigins {
  readonly #origins: Set<string>;

  private constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
  }

  static async load(database: Database): Promise<KnownOrigins> {
    const rows = await database
      .selectFrom('instance_origins')
      .select(({ fn }) => ['origin', fn.max('approved_at').as('approved_at')])
      .groupBy('origin')
      .orderBy('approved_at', 'desc')
      .limit(mostOrigins)
      .execute();
    return new KnownOrigins(rows.map(({ origin }) => origin).toReversed());
  }

  has(origin: string): boolean {
    return this.#origins.has(origin);
  }

  add(origin: string): void {
    this.#origins.delete(origin);
    const [oldest] = this.#origins;
    if (this.#origins.size >= mostOrigins && oldest !== undefined) this.#origins.delete(oldest);
    this.#origins.add(origin);
  }
}
