import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { ListenAddress } from '../config.ts';
import { StartupError, systemErrorCode } from '../errors.ts';
import { isLoopbackName } from '../loopback.ts';
import type { Reach } from '../reach-config.ts';
import { makeSelfSignedCertificate } from './self-signed-certificate.ts';
import type { CertificateSource } from './server-certificate.ts';

const day = 86_400_000;
/** Browsers accept certificates of up to 398 days. */
const lifetimeMilliseconds = 397 * day;
const renewBeforeMilliseconds = 30 * day;
/** For clocks that are behind. */
const backdatedMilliseconds = day;

export interface SelfSignedOptions {
  readonly store: CertificateStore;
  readonly names: CertificateNames;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Where the certificate lies between two starts; its key lets others pretend to be the instance, so it is sealed. */
export interface CertificateStore {
  /** Key and certificate as PEM, the key first. */
  read(): string | undefined;
  /** @throws the system error of the save */
  save(pem: string): Promise<void>;
}

export interface CertificateNames {
  /** What the configuration says; a certificate that lacks one of them is made anew. */
  readonly required: readonly string[];
  /** What the machine happens to be called at the moment. */
  readonly present: readonly string[];
}

/** The certificate that an instance makes, keeps across starts, and makes anew before it expires. */
export function selfSigned({ store, names, now }: SelfSignedOptions): CertificateSource {
  let expiresAt = 0;
  return {
    checkEveryMilliseconds: day,
    remedy: 'Make room on the disk of the data directory.',
    async load() {
      const kept = store.read();
      const pem = kept !== undefined && serves(new X509Certificate(kept)) ? kept : await renew();
      const certificate = new X509Certificate(pem);
      expiresAt = certificate.validToDate.getTime();
      return { certificate: Buffer.from(certificate.toString()), key: Buffer.from(pem) };
    },
    isDue: async () => isExpiring(expiresAt),
  };

  function isExpiring(at: number): boolean {
    return at - now() < renewBeforeMilliseconds;
  }

  function serves(certificate: X509Certificate): boolean {
    const covers = (name: string) =>
      (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
    const hasBegun = certificate.validFromDate.getTime() <= now();
    return hasBegun && !isExpiring(certificate.validToDate.getTime()) && names.required.every(covers);
  }

  async function renew(): Promise<string> {
    const pem = makeSelfSignedCertificate(
      [...new Set([...names.required, ...names.present])],
      new Date(now() - backdatedMilliseconds),
      new Date(now() + lifetimeMilliseconds),
    );
    try {
      await store.save(pem);
      return pem;
    } catch (error) {
      throw new StartupError(
        'tls_unusable',
        `The certificate of the instance cannot be kept (${systemErrorCode(error) ?? 'unknown error'}). Make room on the disk of the data directory.`,
        { cause: error },
      );
    }
  }
}

/** By which names and addresses an instance is called, IPv6 without brackets. */
export function certificateNames(
  { host }: ListenAddress,
  { publicUrl, allowedHosts = [] }: Reach,
): CertificateNames {
  const isWildcard = host === '0.0.0.0' || host === '::';
  const configured = [
    ...(publicUrl === undefined ? [] : [publicUrl]),
    ...allowedHosts.map((authority) => `https://${authority}`),
  ].map((url) => new URL(url).hostname.replaceAll(/^\[|\]$/g, ''));
  const loopback = isWildcard || isLoopbackName(host) ? ['localhost', '127.0.0.1', '::1'] : [];
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  return {
    required: [...new Set([...(isWildcard ? [] : [host]), ...loopback, ...configured])],
    present: isWildcard ? [hostname(), ...addresses.map(({ address }) => address)] : [],
  };
}
