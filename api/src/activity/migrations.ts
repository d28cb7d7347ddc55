/**
 * What takes `instance.db` from one version to the next; a file's `user_version` counts those that were applied. A
 * released migration never changes; a new one is added.
 *
 * Instants are milliseconds since the epoch. Actions and outcomes are kept by name, so that the file explains itself.
 * Each index on the entries leads straight to one page of one filter, newest first: SQLite appends the id to every key.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE audit_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    actor_id TEXT,
    actor_name TEXT,
    actor_email TEXT,
    address TEXT,
    user_agent TEXT,
    detail TEXT
  ) STRICT;
  CREATE INDEX audit_entries_by_time ON audit_entries (at);
  CREATE INDEX audit_entries_by_kind ON audit_entries (action, outcome, at);
  CREATE INDEX audit_entries_by_actor ON audit_entries (actor_id, action, outcome, at) WHERE actor_id IS NOT NULL;

  CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id TEXT NOT NULL,
    account_name TEXT NOT NULL,
    account_email TEXT NOT NULL,
    key_thumbprint TEXT NOT NULL,
    user_agent TEXT,
    first_address TEXT,
    last_address TEXT,
    first_used_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    UNIQUE (account_id, key_thumbprint)
  ) STRICT;
  CREATE INDEX sessions_by_last_use ON sessions (last_used_at);
  `,
  `
  CREATE TABLE ended_access (
    subject TEXT NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (subject, id)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE ended_access ADD COLUMN role TEXT;
  `,
  `
  ALTER TABLE sessions ADD COLUMN grant_id TEXT;
  ALTER TABLE sessions ADD COLUMN token_issued_at INTEGER;
  ALTER TABLE sessions ADD COLUMN ended_at INTEGER;
  ALTER TABLE sessions ADD COLUMN end_reason TEXT;
  `,
];
