// The tables of secrets.db, format by format. A format, once released, never changes: another one follows it. A new kind
// of record needs no new format.

/** The records of sealed values, each there once at most. */
export const records = {
  registration: ['issuer', 'client_id', 'client_secret'],
  registration_management: ['registration_access_token', 'registration_client_uri'],
  instance_token: ['access_token', 'expires_at'],
  instance_name: ['name'],
  // JSON: the latest, oldest first.
  instance_renames: ['renames'],
  pending_claim: ['workspace', 'workspace_name', 'begun_at'],
  instance_claim: ['issuer', 'workspace', 'workspace_name', 'claimed_at'],
  self_signed_certificate: ['pem'],
  cloud_keys: ['issuer', 'jwks', 'fetched_at'],
  // A registration that was given up, until the cloud has been told.
  pending_deregistration: ['registration_access_token', 'registration_client_uri'],
  // With which the instance has asked to be registered, until it knows what came of it.
  presented_registration_key: ['key_hash', 'presented_at'],
  registration_attempt: ['name'],
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

/** What `sqlite_schema` holds: everything but the header of the file. */
export const schema = [
  'CREATE TABLE sealed_values (record TEXT NOT NULL, field TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (record, field)) STRICT, WITHOUT ROWID',
];

/** Format 1 had a table for each record. */
export const recordsOfFormat1 = {
  registration: records.registration,
  registration_management: records.registration_management,
  instance_token: records.instance_token,
  instance_name: records.instance_name,
  pending_claim: records.pending_claim,
  instance_claim: records.instance_claim,
} as const;

export const schemaOfFormat1 = [
  'CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT',
  'CREATE TABLE wrapped_key (key_id INTEGER PRIMARY KEY, wrapped BLOB NOT NULL, commitment BLOB NOT NULL) STRICT',
  'CREATE TABLE file_tag (id INTEGER PRIMARY KEY CHECK (id = 1), tag BLOB NOT NULL) STRICT',
  ...Object.entries(recordsOfFormat1).map(
    ([name, fields]) =>
      `CREATE TABLE ${name} (id INTEGER PRIMARY KEY CHECK (id = 1), ${fields.map((field) => `${field} BLOB NOT NULL`).join(', ')}) STRICT`,
  ),
];
