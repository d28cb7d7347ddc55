import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import type { ListenAddress } from '../config.ts';
import { writeFileAtomically } from '../data-directory/atomic-file.ts';
import { StartupError, systemErrorCode } from '../errors.ts';
import { isLoopbackName } from '../loopback.ts';
import type { Reach } from '../reach-config.ts';
import { readPrivateFile } from '../secrets/private-file.ts';
import { makeSelfSignedCertificate } from './self-signed-certificate.ts';
import type { CertificateSource } from './server-certificate.ts';

const day = 86_400_000;
/** Browsers accept certificates of up to 398 days. */
const lifetimeMilliseconds = 397 * day;
const renewBeforeMilliseconds = 30 * day;
/** For clocks that are behind. */
const backdatedMilliseconds = day;

export interface SelfSignedOptions {
  /** The file with key and certificate, in the data directory. */
  readonly path: string;
  readonly names: CertificateNames;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface CertificateNames {
  /** What the configuration says; a certificate that lacks one of them is made anew. */
  readonly required: readonly string[];
  /** What the machine happens to be called at the moment. */
  readonly present: readonly string[];
}

/** The certificate that an instance makes, keeps across starts, and makes anew before it expires. */
export function selfSigned({ path, names, now }: SelfSignedOptions): CertificateSource {
  const remedy = `Delete ${path}: the instance makes a new one.`;
  let expiresAt = 0;
  return {
    checkEveryMilliseconds: day,
    remedy,
    async load() {
      const kept = await read(path, remedy);
      const isKept = kept && serves(parse(kept));
      if (!isKept) kept?.fill(0);
      const pem = isKept ? kept : await renew();
      expiresAt = new X509Certificate(pem).validToDate.getTime();
      return { certificate: Buffer.from(new X509Certificate(pem).toString()), key: pem };
    },
    isDue: async () => isExpiring(expiresAt),
  };

  function parse(pem: Buffer): X509Certificate {
    try {
      return new X509Certificate(pem);
    } catch (error) {
      throw new StartupError('tls_unusable', `The certificate in ${path} is damaged. ${remedy}`, {
        cause: error,
      });
    }
  }

  function isExpiring(at: number): boolean {
    return at - now() < renewBeforeMilliseconds;
  }

  function serves(certificate: X509Certificate): boolean {
    const covers = (name: string) =>
      (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
    const hasBegun = certificate.validFromDate.getTime() <= now();
    return hasBegun && !isExpiring(certificate.validToDate.getTime()) && names.required.every(covers);
  }

  async function renew(): Promise<Buffer> {
    const pem = Buffer.from(
      makeSelfSignedCertificate(
        [...new Set([...names.required, ...names.present])],
        new Date(now() - backdatedMilliseconds),
        new Date(now() + lifetimeMilliseconds),
      ),
    );
    try {
      await writeFileAtomically(path, pem);
      return pem;
    } catch (error) {
      throw new StartupError(
        'tls_unusable',
        `The certificate cannot be kept in ${path} (${systemErrorCode(error) ?? 'unknown error'}). Make room there, or take the directory over with chown.`,
        { cause: error },
      );
    }
  }
}

async function read(path: string, remedy: string): Promise<Buffer | undefined> {
  try {
    return await readPrivateFile('certificate with its key', path, {
      remedy,
      largestBytes: 65_536,
    });
  } catch (error) {
    if (error instanceof StartupError && systemErrorCode(error.cause) === 'ENOENT') return undefined;
    throw error;
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
