import { redact } from '../logger.ts';

/** The cloud gave no usable answer: not reachable, too slow, failing, or saying things that make no sense. */
export class CloudUnreachableError extends Error {
  override readonly name = 'CloudUnreachableError';
  readonly code = 'cloud_unreachable';
  /** The cloud's `Retry-After`, if it sent one. */
  readonly retryAfterSeconds: number | undefined;

  /** @param reason completes "The cloud does not answer: …" */
  constructor(reason: string, options?: ErrorOptions & { retryAfterSeconds?: number | undefined }) {
    super(reason, options);
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

/** The cloud understood and refused the registration. */
export class RegistrationRefusedError extends Error {
  override readonly name = 'RegistrationRefusedError';
  readonly code = 'registration_refused';
}

/** The cloud does not know this instance, or no longer accepts its client secret or token. */
export class CredentialsRefusedError extends Error {
  override readonly name = 'CredentialsRefusedError';
  readonly code = 'credentials_refused';
}

/** Text that the cloud sent, fit for a message: printable, one line, at most 200 characters. */
export function quoteCloud(text: unknown): string {
  return typeof text === 'string'
    ? text
        .replaceAll(/[\p{C}\s]+/gu, ' ')
        .trim()
        .slice(0, 200)
    : '';
}

/**
 * Why the cloud refused something, in its own words, as {@link quoteCloud} does: without what looks like a credential
 * and without `secrets`, which a careless cloud may quote back. Anybody may read the notices in which the words appear.
 */
export function quoteReason(text: unknown, secrets: readonly string[] = []): string {
  if (typeof text !== 'string') return '';
  const withoutSecrets = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  return quoteCloud(redact(withoutSecrets));
}
