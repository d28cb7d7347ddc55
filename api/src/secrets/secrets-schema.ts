// The tables of secrets.db, format by format. A format, once released, never changes: another one follows it. A new kind
// of record needs no new format.

/** The records of sealed values, each there once at most. */
export const records = {
  registration: ['issuer', 'client_id', 'client_secret'],
  registration_management: ['registration_access_token', 'registration_client_uri'],
  instance_token: ['access_token', 'expires_at'],
  instance_name: ['name'],
  pending_claim: ['workspace', 'workspace_name', 'begun_at'],
  instance_claim: ['issuer', 'workspace', 'workspace_name', 'claimed_at'],
  self_signed_certificate: ['pem'],
  cloud_keys: ['issuer', 'jwks', 'fetched_at'],
  // A registration that was given up, until the cloud has been told.
  pending_deregistration: ['registration_access_token', 'registration_client_uri'],
  // That `--reset-credentials` has done its work, for as long as every start carries it.
  credentials_reset: ['reset_at'],
} as const;

export type SecretName = keyof typeof records;
export type SecretRecord<Name extends SecretName> = {
  readonly [field in (typeof records)[Name][number]]: string;
};

export const applicationId = 0x48_46_53_31; // "HFS1"
export const currentFormat = 2;

/** Bytes: small, because the whole file is written at every change. */
export const pageSize = 512;

const commonTables = [
  'CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT',
  'CREATE TABLE wrapped_key (key_id INTEGER PRIMARY KEY, wrapped BLOB NOT NULL, commitment BLOB NOT NULL) STRICT',
  'CREATE TABLE file_tag (id INTEGER PRIMARY KEY CHECK (id = 1), tag BLOB NOT NULL) STRICT',
];

/** Format 1 had a table for each record, and all keys came from key files. */
const recordsOfFormat1 = [
  'registration',
  'registration_management',
  'instance_token',
  'instance_name',
  'pending_claim',
  'instance_claim',
] as const;

const recordTablesOfFormat1 = recordsOfFormat1.map(
  (name) =>
    `CREATE TABLE ${name} (id INTEGER PRIMARY KEY CHECK (id = 1), ${records[name].map((field) => `${field} BLOB NOT NULL`).join(', ')}) STRICT`,
);

const newTablesOfFormat2 = [
  'CREATE TABLE key_source (id INTEGER PRIMARY KEY CHECK (id = 1), kind TEXT NOT NULL, generation INTEGER, salt BLOB, memory_kib INTEGER, passes INTEGER, parallelism INTEGER) STRICT',
  'CREATE TABLE sealed_values (record TEXT NOT NULL, field TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (record, field)) STRICT, WITHOUT ROWID',
];

/** What `sqlite_schema` holds in each format, statement by statement. */
export const schemas: Readonly<Record<number, readonly string[]>> = {
  1: [...commonTables, ...recordTablesOfFormat1],
  2: [...commonTables, ...newTablesOfFormat2],
};

/** What makes the next format of each. */
export const migrations: Readonly<Record<number, readonly string[]>> = {
  1: [
    ...newTablesOfFormat2,
    "INSERT INTO key_source (id, kind, generation) VALUES (1, 'key-file', 1)",
    ...recordsOfFormat1.flatMap((name) => [
      ...records[name].map(
        (field) => `INSERT INTO sealed_values SELECT '${name}', '${field}', ${field} FROM ${name}`,
      ),
      `DROP TABLE ${name}`,
    ]),
  ],
};
