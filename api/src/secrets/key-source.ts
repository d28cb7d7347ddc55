// The wrapping key comes from one source that the user chose and that secrets.db records: whoever copies, backs up or
// steals the data directory does not get the key along with it. There is no fall-back from one source to another.

import type { FileSteps } from '../data-directory/atomic-file.ts';
import { StartupError } from '../errors.ts';
import { shellWord } from '../shell-word.ts';
import { defaultKeyFile, readKeyFile, readOrCreateKeyFile, refuseKeyInside } from './key-file.ts';
import { createPassphraseSource, derivePassphraseKey, type PassphraseSource } from './passphrase.ts';
import { credentialPath, readCredential } from './systemd-credential.ts';

export const keySourceKinds = ['key-file', 'passphrase', 'systemd-credential'] as const;
export type KeySourceKind = (typeof keySourceKinds)[number];

/** As secrets.db records it. */
export type KeySource =
  | {
      readonly kind: 'key-file';
      /** Counts the key files that followed each other in the key directory, from 1. */
      readonly generation: number;
    }
  | PassphraseSource
  | { readonly kind: 'systemd-credential' };

/** What the user said about keys in this run. */
export interface KeyAccess {
  /** Refused when `secrets.db` records another; undefined leaves it to that record, and to a key file where there is none. */
  readonly source?: KeySourceKind | undefined;
  /** Named by the user; otherwise the key file lies in `directory` under the data directory's id. */
  readonly file?: string | undefined;
  /** How the user names `file`, for messages; `--key-file` unless given. */
  readonly fileFlag?: string | undefined;
  readonly directory: string;
  /** `$CREDENTIALS_DIRECTORY`, which systemd sets for a unit with credentials. */
  readonly credentialsDirectory?: string | undefined;
  /** Gives the passphrase in UTF-8, which is zeroed after use; one `isNew` is asked for twice. */
  readonly passphrase?: PassphraseReader | undefined;
}

/** @param dataPath of the secrets, in which the passphrase must not lie */
export type PassphraseReader = (isNew: boolean, dataPath?: string) => Promise<Uint8Array>;

/** The data directory whose keys are wrapped. */
export interface KeyOwner {
  readonly dataPath: string;
  readonly dataDirectoryId: string;
}

/**
 * Reads the wrapping key (32 bytes; the caller zeroes it) from the source that secrets.db records.
 *
 * @throws StartupError `key_unusable`, or `key_source_differs` when the user named another source
 */
export async function readWrappingKey(
  source: KeySource,
  owner: KeyOwner,
  access: KeyAccess,
): Promise<Uint8Array> {
  refuseOtherSource(source.kind, owner.dataPath, access.source);
  switch (source.kind) {
    case 'key-file': {
      const path = keyFileOf(source, owner, access);
      refuseKeyInside(owner.dataPath, path, access.fileFlag);
      return readKeyFile(path, access.fileFlag);
    }
    case 'passphrase':
      return derivePassphraseKey(source, await passphraseOf(owner, access, false));
    case 'systemd-credential':
      return readCredential(owner.dataPath, access.credentialsDirectory);
  }
}

/**
 * Takes a wrapping key for secrets that have none from that kind of source: a key file is generated where there is none.
 *
 * @param generation of the key file
 * @throws StartupError `key_unusable`
 */
export async function createWrappingKey(
  kind: KeySourceKind,
  owner: KeyOwner,
  { keys: access, steps }: { keys: KeyAccess; steps?: FileSteps | undefined },
  generation = 1,
): Promise<{ source: KeySource; bytes: Uint8Array }> {
  switch (kind) {
    case 'key-file': {
      const source = { kind, generation };
      const path = keyFileOf(source, owner, access);
      refuseKeyInside(owner.dataPath, path, access.fileFlag);
      return { source, bytes: await readOrCreateKeyFile(path, steps, access.fileFlag) };
    }
    case 'passphrase': {
      const source = createPassphraseSource();
      return { source, bytes: await derivePassphraseKey(source, await passphraseOf(owner, access, true)) };
    }
    case 'systemd-credential':
      return { source: { kind }, bytes: await readCredential(owner.dataPath, access.credentialsDirectory) };
  }
}

/** Where the key is, for people: a path, or undefined for a passphrase. */
export function keyLocationOf(source: KeySource, owner: KeyOwner, access: KeyAccess): string | undefined {
  switch (source.kind) {
    case 'key-file':
      return keyFileOf(source, owner, access);
    case 'passphrase':
      return undefined;
    case 'systemd-credential':
      return credentialPath(access.credentialsDirectory);
  }
}

/** How sources are called in sentences. */
export const keySourceNames: Readonly<Record<KeySourceKind, string>> = {
  'key-file': 'a key file',
  passphrase: 'a passphrase',
  'systemd-credential': 'a systemd credential',
};

function keyFileOf(
  { generation }: Extract<KeySource, { kind: 'key-file' }>,
  { dataDirectoryId }: KeyOwner,
  { file, directory }: KeyAccess,
): string {
  return file ?? defaultKeyFile(directory, dataDirectoryId, generation);
}

async function passphraseOf(owner: KeyOwner, access: KeyAccess, isNew: boolean): Promise<Uint8Array> {
  if (access.passphrase) return access.passphrase(isNew, owner.dataPath);
  throw new StartupError(
    'key_unusable',
    `The secrets in ${owner.dataPath} need a passphrase, and there is no terminal to ask for it. Put it into a file of mode 0600 outside the data directory and name that with --passphrase-file.`,
  );
}

function refuseOtherSource(
  recorded: KeySourceKind,
  dataPath: string,
  named: KeySourceKind | undefined,
): void {
  if (named === undefined || named === recorded) return;
  throw new StartupError(
    'key_source_differs',
    `The secrets in ${dataPath} are protected by ${keySourceNames[recorded]}, not by ${keySourceNames[named]}. Use --key-source ${recorded} and leave out what names ${keySourceNames[named]}, or change the source with: holdfast secrets rewrap --to ${named} --data-path ${shellWord(dataPath)}`,
  );
}
