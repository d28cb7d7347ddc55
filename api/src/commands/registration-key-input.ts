// A registration key comes from a file or from the environment, never as an argument: those are shown to every user of the
// machine. It is read when the instance is about to register, so that the file may be gone afterwards.

import { sep } from 'node:path';
import { Option } from 'commander';
import { StartupError } from '../errors.ts';
import { readPrivateFile } from '../secrets/private-file.ts';
import { fileOf } from './options.ts';
import { takeFromEnvironment } from './passphrase-input.ts';

/** @throws StartupError `key_unusable` */
export type RegistrationKeyReader = () => Promise<string>;

export interface RegistrationKeyFlags {
  readonly registrationKeyFile?: string | undefined;
}

const flag = '--registration-key-file';
// Every program that has the option loses the variable, whether it has a use for it or not.
const keyFromEnvironment = takeFromEnvironment(process.env, 'HOLDFAST_REGISTRATION_KEY');

export function registrationKeyOption(): Option {
  return new Option(
    `${flag} <file>`,
    'file with the key with which the instance registers as one of its workspace, without a claim code (default: $HOLDFAST_REGISTRATION_KEY)',
  ).env('HOLDFAST_REGISTRATION_KEY_FILE');
}

/**
 * How to get at the registration key; undefined where there is none. The file goes first, and is never followed by the
 * environment.
 *
 * @throws StartupError `invalid_configuration` when the name of the file is empty
 */
export function parseRegistrationKey(
  { registrationKeyFile }: RegistrationKeyFlags,
  fromEnvironment = keyFromEnvironment,
  credentialsDirectory = process.env.CREDENTIALS_DIRECTORY,
): RegistrationKeyReader | undefined {
  const file = fileOf(registrationKeyFile, flag);
  if (file !== undefined) {
    // systemd grants the unit's user access by an ACL, which shows as a group's right to read.
    const mayGroupRead = !!credentialsDirectory && file.startsWith(`${credentialsDirectory}${sep}`);
    return async () => {
      const content = await readPrivateFile('registration key file', file, {
        remedy: `Name the right one with ${flag}, or start without it: the instance is then claimed with its claim code.`,
        mayGroupRead,
      });
      const key = content.toString().trim();
      content.fill(0);
      return accepted(key, `The registration key file ${file}`);
    };
  }
  return fromEnvironment === undefined
    ? undefined
    : async () => accepted(fromEnvironment.trim(), '$HOLDFAST_REGISTRATION_KEY');
}

/** What is none is shown to no cloud: it may be another secret. */
function accepted(key: string, where: string): string {
  if (/^hfkey_[\w-]{43}$/.test(key)) return key;
  throw new StartupError(
    'key_unusable',
    `${where} ${key === '' ? 'is empty' : 'holds no registration key, which begins with hfkey_ and has 49 characters'}. Put one there, made by an owner of the workspace on the cloud’s pages or with holdfast-cloud registration-keys create.`,
  );
}
