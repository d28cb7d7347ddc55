import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { StartupError } from '../errors.ts';
import { isLoopbackName } from '../loopback.ts';
import type { Reach } from '../reach-config.ts';
import { certificateFiles } from '../tls/certificate-files.ts';
import { ServerCertificate } from '../tls/server-certificate.ts';
import { type Finding, ok, problem, problemOf, warning } from './finding.ts';

const day = 86_400_000;
/** Whoever renews certificates by a tool does so earlier. */
const soonMilliseconds = 14 * day;

const renewIt = 'Renew the certificate; the instance reads the new one by itself.';

/**
 * Looks at the certificate that the instance is to serve; no finding where it serves none.
 *
 * @param host on which it listens
 * @param now milliseconds since the epoch
 */
export async function examineCertificate(reach: Reach, host: string, now: number): Promise<Finding[]> {
  if (reach.tls === undefined) return [];
  if (reach.tls.kind === 'self-signed') {
    return [ok('Certificate', 'The instance makes it and renews it in time.')];
  }
  try {
    using certificate = await ServerCertificate.open(certificateFiles(reach.tls));
    return judgeCertificate(certificate.x509, namesOf(reach, host), now);
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    return [problemOf('Certificate', error)];
  }
}

/** @param names for which it has to be good */
function judgeCertificate(x509: X509Certificate, names: readonly string[], now: number): Finding[] {
  const findings: Finding[] = [];
  const [from, to] = [x509.validFromDate, x509.validToDate];
  if (to.getTime() < now) {
    findings.push(problem('Certificate', `It expired on ${dateOf(to)}.`, renewIt));
  } else if (to.getTime() - now < soonMilliseconds) {
    findings.push(warning('Certificate', `It expires on ${dateOf(to)}.`, renewIt));
  }
  if (from.getTime() > now) {
    findings.push(
      problem(
        'Certificate',
        `It is not valid before ${dateOf(from)}.`,
        'Set the clock of this machine, or wait until then.',
      ),
    );
  }
  const missing = names.filter((name) => !isFor(x509, name));
  if (missing.length > 0) {
    findings.push(
      problem(
        'Certificate',
        `It is not for ${missing.join(', ')}, but for ${x509.subjectAltName ?? 'no name at all'}.`,
        'Get one for all names of the instance, or say by which it is reached with --public-url or --allow-host.',
      ),
    );
  }
  return findings.length > 0
    ? findings
    : [ok('Certificate', `It fits its key and the names of the instance, until ${dateOf(to)}.`)];
}

/** The names by which people come, without those of the loopback interface, for which nobody gives certificates. */
function namesOf({ publicUrl, allowedHosts = [] }: Reach, host: string): string[] {
  const isWildcard = host === '0.0.0.0' || host === '::';
  const names = [
    ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname]),
    ...allowedHosts.map((name) => name.replace(/:\d+$/, '')),
    ...(isWildcard || publicUrl !== undefined ? [] : [host]),
  ].map((name) => name.replace(/^\[|\]$/g, ''));
  return [...new Set(names)].filter((name) => !isLoopbackName(name));
}

function isFor(x509: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? x509.checkHost(name) : x509.checkIP(name)) !== undefined;
}

function dateOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
