// secrets.db is held in memory and replaced as a whole at every change: what a transaction acknowledged is on the disk,
// and a crash leaves the old file or the new one. Removing the owner's record must not reopen the claim, which is why a
// file that was changed, or is missing where it was before, stops the start.

import { randomUUID } from 'node:crypto';
import {
  createFileAtomically,
  diskSteps,
  type FileSteps,
  writeFileAtomically,
} from '../data-directory/atomic-file.ts';
import { readRegularFile } from '../data-directory/regular-file.ts';
import { StartupError, systemErrorCode } from '../errors.ts';
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
  inCurrentFormat,
  type OpenedRecords,
  openRecords,
  readHeader,
  type SecretsHeader,
  verifyTag,
} from './secrets-file.ts';
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
  /** The disk, unless a test has another. */
  readonly steps?: FileSteps;
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
  readonly dataDirectoryId: string;
  #location: SecretsLocation;
  #keySource: KeySource;
  #format: number;
  #keyring: Keyring;
  #content: Uint8Array;
  #records: OpenedRecords;
  #lastChange: Promise<void> = Promise.resolve();

  private constructor(
    location: SecretsLocation,
    { dataDirectoryId, keySource, format }: Pick<SecretsHeader, 'dataDirectoryId' | 'keySource' | 'format'>,
    keyring: Keyring,
    content: Uint8Array,
    records: OpenedRecords,
  ) {
    this.dataDirectoryId = dataDirectoryId;
    this.#location = location;
    this.#keySource = keySource;
    this.#format = format;
    this.#keyring = keyring;
    this.#content = content;
    this.#records = records;
  }

  /**
   * Opens `secrets.db`, or creates it together with its key when there is none. A file of an older format is rewritten.
   *
   * @throws StartupError `secrets_damaged`, `secrets_missing`, `written_by_newer_version`, `key_unusable` or
   *   `key_source_differs`; nothing on the disk has then changed.
   */
  static async open(location: SecretsLocation): Promise<SecretsStore> {
    const content = readSecretsFile(location.path);
    if (content) return SecretsStore.#load(location, content);
    if (!location.mustExist) return SecretsStore.#create(location);
    throw missing(location);
  }

  /**
   * Opens `secrets.db` for looking at it: whatever its format is, the file stays as it is.
   *
   * @throws StartupError as `open` does
   */
  static async inspect(location: SecretsLocation): Promise<SecretsStore> {
    const content = readSecretsFile(location.path);
    if (content) return SecretsStore.#read(location, content, await readHeader(location.path, content));
    throw missing(location);
  }

  /**
   * Says how a file claims to be protected, without opening it.
   *
   * @throws StartupError `secrets_damaged`, `secrets_missing` or `written_by_newer_version`
   */
  static async protectionOf(location: SecretsLocation): Promise<SecretsProtection> {
    const content = readSecretsFile(location.path);
    if (!content) throw missing(location);
    const { format, dataDirectoryId, keySource, wrappedKey } = await readHeader(location.path, content);
    const owner = { dataPath: location.dataPath, dataDirectoryId };
    return {
      format,
      keyId: wrappedKey.keyId,
      keySource: keySource.kind,
      keyLocation: keyLocationOf(keySource, owner, location.keys),
    };
  }

  static async #create(location: SecretsLocation): Promise<SecretsStore> {
    const owner: KeyOwner = { dataPath: location.dataPath, dataDirectoryId: randomUUID() };
    const { source, bytes } = await createWrappingKey(location.keys.source ?? 'key-file', owner, location);
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
    return new SecretsStore(location, header, keyring, content, new Map());
  }

  static async #load(location: SecretsLocation, content: Uint8Array): Promise<SecretsStore> {
    const header = await readHeader(location.path, content);
    const store = await SecretsStore.#read(location, content, header);
    if (header.format !== currentFormat) await store.#save(store.#content);
    return store;
  }

  static async #read(
    location: SecretsLocation,
    content: Uint8Array,
    header: SecretsHeader,
  ): Promise<SecretsStore> {
    const owner: KeyOwner = { dataPath: location.dataPath, dataDirectoryId: header.dataDirectoryId };
    const bytes = await readWrappingKey(header.keySource, owner, location.keys);
    try {
      using wrappingKey = await WrappingKey.from(bytes, header.dataDirectoryId);
      const keyring = wrappingKey.unwrap(header.wrappedKey);
      verifyTag(content, header.tag, keyring);
      const current = await inCurrentFormat(content, header.format, keyring);
      return new SecretsStore(location, header, keyring, current, await openRecords(current, keyring));
    } catch (error) {
      if (error instanceof WrongKeyError) throw wrongKey(location, header.keySource, owner, error);
      if (error instanceof SealBrokenError) throw damaged(location.path, error);
      throw error;
    }
  }

  get protection(): SecretsProtection {
    return {
      format: this.#format,
      keyId: this.#keyring.keyId,
      keySource: this.#keySource.kind,
      keyLocation: keyLocationOf(this.#keySource, this.#owner, this.#location.keys),
    };
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
      const content = await editSecretsFile(this.#content, this.#keyring, (edit) => {
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
      const bytes = await readWrappingKey(this.#keySource, this.#owner, this.#location.keys);
      using wrappingKey = await WrappingKey.from(bytes, this.dataDirectoryId);
      const keyring = wrappingKey.generate(this.#keyring.keyId + 1);
      const content = await editSecretsFile(this.#content, keyring, (edit) => {
        edit.putWrappedKey(keyring.wrappedBy(wrappingKey));
        for (const [name, fields] of this.#records) edit.putRecord(name, fields);
      });
      await this.#save(content);
      this.#keyring[Symbol.dispose]();
      this.#keyring = keyring;
    });
  }

  /**
   * Wraps the data key with the key of another source, and changes nothing else.
   *
   * @param nextGeneration of the key file in the key directory, unless `access` names one: a new one, unless given
   * @throws StartupError `key_unusable`; the system error of the save; the file is then unchanged
   */
  async rewrap(to: KeySourceKind, access: KeyAccess, nextGeneration?: number): Promise<void> {
    await this.#oneAfterTheOther(async () => {
      const isNewKeyFile = to === 'key-file' && access.file === undefined;
      const generation = nextGeneration ?? (isNewKeyFile ? await this.#nextGeneration(access) : 1);
      const { source, content } = await this.#rewrapped(to, access, generation);
      await this.#save(content);
      this.#keySource = source;
      this.#location = { ...this.#location, keys: access };
    });
  }

  /** The content of a copy of the file whose data key only `passphrase` (UTF-8; zeroed) unwraps. */
  async contentForPassphrase(passphrase: Uint8Array): Promise<Uint8Array> {
    const access = { directory: '', passphrase: async () => passphrase };
    return (await this.#rewrapped('passphrase', access)).content;
  }

  [Symbol.dispose](): void {
    this.#keyring[Symbol.dispose]();
  }

  get #owner(): KeyOwner {
    return { dataPath: this.#location.dataPath, dataDirectoryId: this.dataDirectoryId };
  }

  /** The one after the key file in use; coming from another source, the first that no file has. */
  async #nextGeneration({ directory }: KeyAccess): Promise<number> {
    if (this.#keySource.kind === 'key-file') return this.#keySource.generation + 1;
    const { dataPath, steps } = this.#location;
    refuseKeyInside(dataPath, directory);
    return (await createNextKeyFile(directory, this.dataDirectoryId, steps)).generation;
  }

  async #rewrapped(
    to: KeySourceKind,
    access: KeyAccess,
    generation?: number,
  ): Promise<{ source: KeySource; content: Uint8Array }> {
    const { steps } = this.#location;
    const { source, bytes } = await createWrappingKey(to, this.#owner, { keys: access, steps }, generation);
    using wrappingKey = await WrappingKey.from(bytes, this.dataDirectoryId);
    const content = await editSecretsFile(this.#content, this.#keyring, (edit) => {
      edit.putKeySource(source);
      edit.putWrappedKey(this.#keyring.wrappedBy(wrappingKey));
    });
    return { source, content };
  }

  async #save(content: Uint8Array): Promise<void> {
    await writeFileAtomically(this.#location.path, content, this.#location.steps ?? diskSteps);
    this.#content = content;
    this.#format = currentFormat;
  }

  async #oneAfterTheOther(change: () => Promise<void>): Promise<void> {
    const result = this.#lastChange.then(change);
    this.#lastChange = result.catch(() => undefined);
    return result;
  }
}

function readSecretsFile(path: string): Uint8Array | undefined {
  try {
    return readRegularFile(path, largestFileBytes);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return undefined;
    throw new StartupError(
      'secrets_damaged',
      `${path} cannot be read (${code ?? 'unknown error'}). Make it a regular file that this user may read, or restore it from your backup.`,
      { cause: error },
    );
  }
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
    passphrase: `That is not the passphrase of ${path}. Try again; without it nobody can open the secrets.`,
    'systemd-credential': `${path} was not sealed with ${keySourceNames['systemd-credential']} ${keyLocationOf(source, owner, keys)}. Give the unit the credential that belongs to this data directory, or restore ${path} from your backup.`,
  }[source.kind];
  return new StartupError('key_unusable', message, { cause });
}
