import type { Kysely } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';

/** The columns of better-auth's tables that the cloud uses itself. Instants are ISO 8601. */
export interface AccountTables {
  user: { id: string; name: string; email: string; emailVerified: 0 | 1 };
  session: {
    id: string;
    userId: string;
    /** The token's SHA-256. */
    token: string;
    ipAddress: string | null;
    userAgent: string | null;
    createdAt: string;
    /** Last use, to the minute. */
    updatedAt: string;
    expiresAt: string;
    /** When the person has last shown again who they are. */
    confirmedAt: string | null;
    /** SHA-256 of the key of the pages that it began in; see `page-key.ts`. */
    pageKeyHash: string | null;
  };
  account: {
    userId: string;
    /** `credential` for a password, the only kind that is in use. */
    providerId: string;
    password: string | null;
    updatedAt: string;
  };
}

/** The database with better-auth's tables, too. */
export function withAccountTables(database: Database): Kysely<Tables & AccountTables> {
  return database.withTables<Pick<AccountTables, keyof AccountTables>>();
}
