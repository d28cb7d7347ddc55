import { realpath, stat } from 'node:fs/promises';
import { readRegularFile } from '../data-directory/regular-file.ts';
import { StartupError, systemErrorCode, systemErrorReason } from '../errors.ts';
import { readPrivateFile } from '../secrets/private-file.ts';
import type { CertificateSource } from './server-certificate.ts';

/** Tools that renew certificates replace files in a moment; this long after it the new ones serve. */
const checkEveryMilliseconds = 5_000;

/** Far more than a chain of certificates takes. */
const largestCertificateBytes = 1_048_576;

/** The certificate in two PEM files, loaded again when one of them changes. */
export function certificateFiles(files: {
  readonly certificateFile: string;
  readonly keyFile: string;
}): CertificateSource {
  const { certificateFile, keyFile } = files;
  let loadedState: string | undefined;
  const state = async () => (await Promise.all([certificateFile, keyFile].map(stateOf))).join(' ');
  return {
    checkEveryMilliseconds,
    remedy: 'Give --tls-cert and --tls-key the two files of one pair.',
    onlyReads: true,
    async load() {
      // Before they are read: a change meanwhile is seen at the next look.
      loadedState = await state();
      return { certificate: await readCertificate(certificateFile), key: await readKey(keyFile) };
    },
    isDue: async () => (await state()) !== loadedState,
  };
}

/** Differs once the file is another one, or holds something else; follows symbolic links. */
async function stateOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, mode, uid } = await stat(path, { bigint: true });
    return `${ino}.${size}.${mtimeNs}.${mode}.${uid}`;
  } catch (error) {
    return systemErrorCode(error) ?? 'unknown';
  }
}

async function readCertificate(path: string): Promise<Buffer> {
  try {
    return readRegularFile(await targetOf(path), largestCertificateBytes);
  } catch (error) {
    const reason =
      systemErrorCode(error) === 'ENOENT' ? 'is missing' : `cannot be read: ${systemErrorReason(error)}`;
    throw new StartupError(
      'tls_unusable',
      `The certificate file ${path} ${reason}. Name the right one with --tls-cert.`,
      { cause: error },
    );
  }
}

async function readKey(path: string): Promise<Buffer> {
  return readPrivateFile('private key of the certificate', await targetOf(path), {
    remedy: 'Name the right one with --tls-key.',
    largestBytes: 65_536,
  });
}

/** The names may lead to the files by symbolic links, as those of certbot and of Kubernetes do. */
async function targetOf(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
