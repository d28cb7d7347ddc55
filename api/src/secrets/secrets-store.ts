// secrets.db is held in memory and replaced as a whole at every change: what a transaction acknowledged is on the disk,
// and a crash leaves the old file or the new one. Removing the owner's record must not reopen the claim, which is why a
// file that was changed, or is missing where it was before, stops the start.

import { randomUUID } from 'node:crypto';
import { createFileAtomically, type FileSteps, writeFileAtomically } from '../data-directory/atomic-file.ts';
import type { DataDirectory } from '../data-directory/data-directory.ts';
import { readRegularFile } from '../data-directory/regular-file.ts';
import { isSystemError, StartupError, systemErrorCode, systemErrorReason } from '../errors.ts';
import { createNextKeyFile, refuseKeyInside } from './key-file.ts';
import {
  createWrappingKey,
  type KeyAccess,
  type KeyOwner,
  type KeySource,
  type KeySourceKind,
  keyLocationOf,
  keySourceNames,
  readWrappingKey,
} from './key-source.ts';
import { type Keyring, SealBrokenError, WrappingKey, WrongKeyError } from './sealing.ts';
import {
  createSecretsFile,
  damaged,
  editSecretsFile,
  type FoundHeader,
  inCurrentFormat,
  type OpenedRecords,
  openRecords,
  readHeader,
  verifyTag,
  withHeader,
} from './secrets-file.ts';
import type { SecretsHeader } from './secrets-header.ts';
import { currentFormat, type SecretName, type SecretRecord } from './secrets-schema.ts';

/** Far more than the secrets of an instance take. */
const largestFileBytes = 1_048_576;

export type { SecretName, SecretRecord } from './secrets-schema.ts';

/** What a transaction may do; it takes effect when the transaction has been saved. */
export interface SecretsTransaction {
  put<Name extends SecretName>(name: Name, fields: SecretRecord<Name>): void;
  remove(name: SecretName): void;
}

export interface SecretsLocation {
  /** Of `secrets.db`. */
  readonly path: string;
  readonly dataPath: string;
  readonly keys: KeyAccess;
  /** Where there were secrets before, a missing file is a loss and no beginning. */
  readonly mustExist?: boolean;
  /** The id that the data directory has recorded: secrets of another one are refused. */
  readonly dataDirectoryId?: string | undefined;
  /** Throws when the data directory is no longer this process's alone; asked before each save. */
  readonly assertHeld?: () => void;
  /** The disk, unless a test has another. */
  readonly steps?: FileSteps;
}

/** Where the secrets of an opened data directory are. */
export function secretsLocationIn(
  directory: DataDirectory,
  keys: KeyAccess,
): SecretsLocation & { readonly mustExist: boolean } {
  return {
    path: directory.secretsPath,
    dataPath: directory.path,
    keys,
    mustExist: directory.wasUsed,
    dataDirectoryId: directory.layout?.dataDirectoryId,
    assertHeld: () => directory.assertHeld(),
  };
}

/** How the secrets are protected. */
export interface SecretsProtection {
  /** Of the file as it was when it was opened, or as it was last saved. */
  readonly format: number;
  readonly keyId: number;
  readonly keySource: KeySourceKind;
  /** The file with the key, where there is one. */
  readonly keyLocation: string | undefined;
}

/** The instance's secrets, readable in memory, durable once `transaction` resolves. */
export class SecretsStore implements Disposable {
  #location: SecretsLocation;
  #header: SecretsHeader;
  #format: number;
  #keyring: Keyring;
  #content: Uint8Array;
  /** What the file may hold: what this process last read or wrote, and what it failed to save since. */
  #onDisk: readonly Uint8Array[];
  #records: OpenedRecords;
  #lastChange: Promise<void> = Promise.resolve();

  private constructor(
    location: SecretsLocation,
    { format, ...header }: SecretsHeader & { format: number },
    keyring: Keyring,
    { content, onDisk = content }: { content: Uint8Array; onDisk?: Uint8Array },
    records: OpenedRecords,
  ) {
    this.#location = location;
    this.#header = header;
    this.#format = format;
    this.#keyring = keyring;
    this.#content = content;
    this.#onDisk = [onDisk];
    this.#records = records;
  }

  /**
   * Opens `secrets.db`, or creates it together with its key when there is none. A file of an older format is rewritten.
   *
   * @throws StartupError `secrets_damaged`, `secrets_missing`, `secrets_of_another`, `written_by_newer_version`,
   *   `key_unusable` or `key_source_differs`; nothing on the disk has then changed.
   */
  static async open(location: SecretsLocation): Promise<SecretsStore> {
    const found = await readFound(location);
    if (found) return SecretsStore.#load(location, found);
    if (!location.mustExist) return SecretsStore.#create(location);
    throw missing(location);
  }

  /**
   * Opens `secrets.db` for looking at it: whatever its format is, the file stays as it is.
   *
   * @throws StartupError as `open` does
   */
  static async inspect(location: SecretsLocation): Promise<SecretsStore> {
    return SecretsStore.#read(location, (await readFound(location)) ?? raise(missing(location)));
  }

  /**
   * Says how a file claims to be protected, without opening it.
   *
   * @throws StartupError `secrets_damaged`, `secrets_missing`, `secrets_of_another` or `written_by_newer_version`
   */
  static async protectionOf(location: SecretsLocation): Promise<SecretsProtection> {
    const { header } = (await readFound(location)) ?? raise(missing(location));
    return protectionBy(location, header);
  }

  static async #create(location: SecretsLocation): Promise<SecretsStore> {
    const { dataPath, dataDirectoryId, keys } = location;
    const owner: KeyOwner = { dataPath, dataDirectoryId: dataDirectoryId ?? randomUUID() };
    const kind = keys.source ?? 'key-file';
    // Where secrets were lost, their key may be the reason.
    const generation =
      dataDirectoryId === undefined ? 1 : await generationOfNewKey(kind, keys, owner, location.steps);
    const { source, bytes } = await createWrappingKey(kind, owner, location, generation);
    using wrappingKey = await WrappingKey.from(bytes, owner.dataDirectoryId);
    const keyring = wrappingKey.generate(1);
    const header = {
      format: currentFormat,
      dataDirectoryId: owner.dataDirectoryId,
      keySource: source,
      wrappedKey: keyring.wrappedBy(wrappingKey),
    };
    const content = await createSecretsFile(header, keyring);
    await createFileAtomically(location.path, content, location.steps);
    return new SecretsStore(location, header, keyring, { content }, new Map());
  }

  static async #load(location: SecretsLocation, found: FoundFile): Promise<SecretsStore> {
    const store = await SecretsStore.#read(location, found);
    try {
      if (found.header.format !== currentFormat) await store.#save(store.#content);
      return store;
    } catch (error) {
      store[Symbol.dispose]();
      throw error;
    }
  }

  static async #read(location: SecretsLocation, { header, content }: FoundFile): Promise<SecretsStore> {
    const owner = ownerOf(location, header);
    const bytes = await readWrappingKey(header.keySource, owner, location.keys);
    try {
      using wrappingKey = await WrappingKey.from(bytes, header.dataDirectoryId);
      const keyring = wrappingKey.unwrap(header.wrappedKey);
      verifyTag(content, header, keyring);
      const current = await inCurrentFormat(content, header, keyring);
      const records = await openRecords(current, keyring);
      return new SecretsStore(location, header, keyring, { content: current, onDisk: content }, records);
    } catch (error) {
      if (error instanceof WrongKeyError) throw wrongKey(location, header.keySource, owner, error);
      if (error instanceof SealBrokenError) throw damaged(location.path, error);
      throw error;
    }
  }

  get dataDirectoryId(): string {
    return this.#header.dataDirectoryId;
  }

  get protection(): SecretsProtection {
    return protectionBy(this.#location, { ...this.#header, format: this.#format });
  }

  /** The saved record of that name, if there is one. */
  read<Name extends SecretName>(name: Name): SecretRecord<Name> | undefined {
    return this.#records.get(name) as SecretRecord<Name> | undefined;
  }

  /** The names of the saved records. */
  get names(): readonly SecretName[] {
    return [...this.#records.keys()];
  }

  /**
   * Changes secrets, all or nothing: resolves when the change lies on the disk, and only then `read` shows it.
   * Transactions run one after the other.
   *
   * @throws the system error of the save; memory has then not changed, nor has the file, but for the case that
   *   `writeFileAtomically` names.
   */
  async transaction(change: (transaction: SecretsTransaction) => void): Promise<void> {
    await this.#oneAfterTheOther(async () => {
      const records = new Map(this.#records);
      const content = await editSecretsFile(this.#content, this.#header, this.#keyring, (edit) => {
        change({
          put: (name, fields) => {
            edit.putRecord(name, fields);
            records.set(name, fields);
          },
          remove: (name) => {
            edit.removeRecord(name);
            records.delete(name);
          },
        });
      });
      await this.#save(content);
      this.#records = records;
    });
  }

  /**
   * Makes a new data key, under the same wrapping key, and seals every value with it.
   *
   * @throws StartupError `key_unusable`; the system error of the save; the file is then unchanged
   */
  async rotate(): Promise<void> {
    await this.#oneAfterTheOther(async () => {
      const bytes = await readWrappingKey(this.#header.keySource, this.#owner, this.#location.keys);
      using wrappingKey = await WrappingKey.from(bytes, this.dataDirectoryId);
      using unsaved = new DisposableStack();
      const keyring = unsaved.use(wrappingKey.generate(this.#keyring.keyId + 1));
      const header = { ...this.#header, wrappedKey: keyring.wrappedBy(wrappingKey) };
      const content = await editSecretsFile(this.#content, header, keyring, (edit) => {
        for (const [name, fields] of this.#records) edit.putRecord(name, fields);
      });
      await this.#save(content);
      unsaved.move();
      this.#keyring[Symbol.dispose]();
      this.#keyring = keyring;
      this.#header = header;
    });
  }

  /**
   * Wraps the data key with another key, and changes nothing else.
   *
   * @param nextGeneration of the key file in the key directory, unless `access` names one: a new one, unless given
   * @throws StartupError `key_unusable`; the system error of the save; the file is then unchanged
   */
  async rewrap(to: KeySourceKind, access: KeyAccess, nextGeneration?: number): Promise<void> {
    await this.#oneAfterTheOther(async () => {
      const generation =
        nextGeneration ??
        (await generationOfNewKey(to, access, this.#owner, this.#location.steps, this.#keyFileGeneration));
      const header = await this.#rewrapped(to, access, generation);
      await this.#save(withHeader(this.#content, header, this.#keyring));
      this.#header = header;
      this.#location = { ...this.#location, keys: access };
    });
  }

  /** The content of a copy of the file whose data key only `passphrase` (UTF-8; zeroed) unwraps. */
  async contentForPassphrase(passphrase: Uint8Array): Promise<Uint8Array> {
    const access = { directory: '', passphrase: async () => passphrase };
    return withHeader(this.#content, await this.#rewrapped('passphrase', access), this.#keyring);
  }

  [Symbol.dispose](): void {
    this.#keyring[Symbol.dispose]();
  }

  get #owner(): KeyOwner {
    return ownerOf(this.#location, this.#header);
  }

  /** Of the key file in the key directory; 0 where the key is elsewhere. */
  get #keyFileGeneration(): number {
    const { keySource } = this.#header;
    return keySource.kind === 'key-file' && this.#location.keys.file === undefined ? keySource.generation : 0;
  }

  async #rewrapped(to: KeySourceKind, access: KeyAccess, generation?: number): Promise<SecretsHeader> {
    const { steps } = this.#location;
    const { source, bytes } = await createWrappingKey(to, this.#owner, { keys: access, steps }, generation);
    using wrappingKey = await WrappingKey.from(bytes, this.dataDirectoryId);
    if (source.kind === this.#header.keySource.kind && opens(wrappingKey, this.#header))
      throw sameKey(keyLocationOf(source, this.#owner, access));
    return { ...this.#header, keySource: source, wrappedKey: this.#keyring.wrappedBy(wrappingKey) };
  }

  async #save(content: Uint8Array): Promise<void> {
    this.#location.assertHeld?.();
    // A save whose last step fails has put its content into place all the same.
    this.#onDisk = [...assertUnchanged(this.#location.path, this.#onDisk), content];
    await writeFileAtomically(this.#location.path, content, this.#location.steps);
    this.#content = content;
    this.#onDisk = [content];
    this.#format = currentFormat;
  }

  async #oneAfterTheOther(change: () => Promise<void>): Promise<void> {
    const result = this.#lastChange.then(change);
    this.#lastChange = result.catch(() => undefined);
    return result;
  }
}

function opens(wrappingKey: WrappingKey, { wrappedKey }: SecretsHeader): boolean {
  try {
    wrappingKey.unwrap(wrappedKey)[Symbol.dispose]();
    return true;
  } catch (error) {
    if (error instanceof WrongKeyError) return false;
    throw error;
  }
}

/** The advice to delete the old key, which follows a change, would otherwise cost the only one. */
function sameKey(location: string | undefined): StartupError {
  return new StartupError(
    'key_unusable',
    `The key in ${location} protects the secrets already, so nothing was changed. Name a file that is not there yet: a new key is made in it.`,
  );
}

/** A file whose header has been read. */
interface FoundFile {
  readonly content: Uint8Array;
  readonly header: FoundHeader;
}

/** @throws StartupError `secrets_damaged`, `secrets_of_another` or `written_by_newer_version` */
async function readFound({ path, dataDirectoryId }: SecretsLocation): Promise<FoundFile | undefined> {
  const content = readSecretsFile(path);
  if (!content) return undefined;
  const header = await readHeader(path, content);
  if (dataDirectoryId !== undefined && header.dataDirectoryId !== dataDirectoryId) {
    throw new StartupError(
      'secrets_of_another',
      `${path} belongs to another data directory (${header.dataDirectoryId}; this one is ${dataDirectoryId}). Put back the file that belongs here, or move the other data directory here as a whole; nothing has been changed.`,
    );
  }
  return { content, header };
}

function readSecretsFile(path: string): Uint8Array | undefined {
  try {
    return readRegularFile(path, largestFileBytes);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return undefined;
    const remedy =
      code === 'EACCES'
        ? 'Make it a file of this user, who may read it.'
        : 'Put the right file back in its place, from your backup if need be. Without a backup, move it away and start anew with --reset-credentials.';
    throw new StartupError(
      'secrets_damaged',
      `${path} cannot be read: ${systemErrorReason(error)}. ${remedy}`,
      {
        cause: error,
      },
    );
  }
}

/**
 * A save must not undo what somebody else wrote. A file that cannot be read at all is left to the save, which says why.
 *
 * @returns those of `expected` that the file may hold
 * @throws StartupError `secrets_changed`
 */
function assertUnchanged(path: string, expected: readonly Uint8Array[]): readonly Uint8Array[] {
  let found: Buffer;
  try {
    found = readRegularFile(path, largestFileBytes);
  } catch (error) {
    if (isSystemError(error) && systemErrorCode(error) !== 'ENOENT') return expected;
    throw changed(path, error);
  }
  const same = expected.filter((content) => found.equals(content));
  if (same.length === 0) throw changed(path);
  return same;
}

function changed(path: string, cause?: unknown): StartupError {
  return new StartupError(
    'secrets_changed',
    `${path} was replaced or removed by something else while this instance was running, so nothing was saved. Stop whatever did that, put the right file back and start the instance again.`,
    { cause },
  );
}

function ownerOf({ dataPath }: SecretsLocation, { dataDirectoryId }: SecretsHeader): KeyOwner {
  return { dataPath, dataDirectoryId };
}

/**
 * Makes a new key file unless the user names one, and returns its number: the next that no file has, because a restored
 * copy of the same data directory may have taken some.
 *
 * @param after the generation until now
 */
async function generationOfNewKey(
  kind: KeySourceKind,
  { file, fileFlag, directory }: KeyAccess,
  { dataPath, dataDirectoryId }: KeyOwner,
  steps: FileSteps | undefined,
  after = 0,
): Promise<number> {
  if (kind !== 'key-file' || file !== undefined) return 1;
  refuseKeyInside(dataPath, directory, fileFlag);
  return (await createNextKeyFile(directory, dataDirectoryId, steps, after)).generation;
}

function protectionBy(
  location: SecretsLocation,
  header: SecretsHeader & { format: number },
): SecretsProtection {
  return {
    format: header.format,
    keyId: header.wrappedKey.keyId,
    keySource: header.keySource.kind,
    keyLocation: keyLocationOf(header.keySource, ownerOf(location, header), location.keys),
  };
}

function raise(error: Error): never {
  throw error;
}

function missing({ path, mustExist }: SecretsLocation): StartupError {
  return new StartupError(
    'secrets_missing',
    mustExist
      ? `${path} is missing, though the data directory has been in use. Restore it from your backup, or start anew with --reset-credentials.`
      : `There is no ${path}: no instance has run on this data path. Name another with --data-path.`,
  );
}

function wrongKey(
  { path, keys }: SecretsLocation,
  source: KeySource,
  owner: KeyOwner,
  cause: WrongKeyError,
): StartupError {
  const message = {
    'key-file': `${path} was not sealed with the key in ${keyLocationOf(source, owner, keys)}. Name the key file that belongs to this data directory with --key-file, or restore ${path} from your backup.`,
    passphrase: `That is not the passphrase of ${path}. Try again; if it is lost for good, restore a backup with holdfast restore, or move secrets.db away and start anew with --reset-credentials.`,
    'systemd-credential': `${path} was not sealed with ${keySourceNames['systemd-credential']} ${keyLocationOf(source, owner, keys)}. Give the unit the credential that belongs to this data directory, or restore ${path} from your backup.`,
  }[source.kind];
  return new StartupError('key_unusable', message, { cause });
}
