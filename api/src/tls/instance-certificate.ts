import type { ListenAddress } from '../config.ts';
import type { Reach } from '../reach-config.ts';
import type { SecretsStore } from '../secrets/secrets-store.ts';
import { certificateFiles } from './certificate-files.ts';
import { type CertificateStore, certificateNames, selfSigned } from './self-signed.ts';
import { ServerCertificate } from './server-certificate.ts';

/**
 * The certificate that an instance serves: the configured files, or its own, which lies in its sealed secrets.
 *
 * @throws {StartupError} `tls_unusable`, `key_unusable`
 */
export async function openCertificate(
  listen: ListenAddress,
  reach: Reach,
  secrets: SecretsStore,
  now: () => number,
): Promise<ServerCertificate> {
  if (reach.tls?.kind === 'files') return ServerCertificate.open(certificateFiles(reach.tls));
  const names = certificateNames(listen, reach);
  const store: CertificateStore = {
    read: () => secrets.read('self_signed_certificate')?.pem,
    save: async (pem) =>
      secrets.transaction((transaction) => transaction.put('self_signed_certificate', { pem })),
  };
  return ServerCertificate.open(selfSigned({ store, names, now }));
}
