import { isAbsolute, join } from 'node:path';
import { StartupError } from '../errors.ts';
import { parseKey, refuseKeyInside } from './key-file.ts';
import { readPrivateFile } from './private-file.ts';

/** The name that the unit gives the credential: `LoadCredentialEncrypted=holdfast-key:…`. */
export const credentialName = 'holdfast-key';

const remedy = `Give the unit LoadCredentialEncrypted=${credentialName}:FILE, and a FILE made with systemd-creds encrypt.`;

/** Where systemd puts the key, if it started this process with credentials. */
export function credentialPath(credentialsDirectory: string | undefined): string | undefined {
  return credentialsDirectory ? join(credentialsDirectory, credentialName) : undefined;
}

/**
 * Reads the wrapping key (32 bytes in base64url; the caller zeroes what it gets) from a credential of the systemd unit.
 *
 * @throws StartupError `key_unusable`
 * @see https://systemd.io/CREDENTIALS/
 */
export async function readCredential(
  dataPath: string,
  credentialsDirectory: string | undefined,
): Promise<Uint8Array> {
  const path = credentialPath(credentialsDirectory);
  if (path === undefined || !isAbsolute(path)) {
    throw new StartupError(
      'key_unusable',
      `The key is to come from the systemd credential ${credentialName}, but $CREDENTIALS_DIRECTORY is not set. ${remedy}`,
    );
  }
  refuseKeyInside(dataPath, path);
  // systemd grants the unit's user access by an ACL, which shows as a group's right to read.
  const content = await readPrivateFile('systemd credential', path, { remedy, mayGroupRead: true });
  return parseKey(content, path, remedy);
}
