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

/** What people are told; `reason` completes "The cloud does not answer: …". */
export function unreachableMessage(issuer: string, reason: string): string {
  return `The cloud ${issuer} does not answer: ${reason}. Make sure that it runs and can be reached from here; the instance keeps trying.`;
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
 * Why the cloud refused something, in its own words, as {@link quoteCloud} does: without what looks like a credential.
 * Anybody may read the notices in which the words appear, so none are left when they hold one of `secrets`, which a
 * careless cloud quotes back.
 */
export function quoteReason(text: unknown, secrets: readonly string[] = []): string {
  if (typeof text !== 'string' || secrets.some((secret) => mentions(text, secret))) return '';
  return quoteCloud(redact(text));
}

/** Whether `text` holds `secret`: as it is, percent-encoded, or in a word of base64. */
function mentions(text: string, secret: string): boolean {
  const words = [...text.matchAll(/[\w+/-]{8,}/g)].map(([word]) => Buffer.from(word, 'base64').toString());
  return [text, ...words].some((spelling) => percentDecoded(spelling).includes(secret));
}

function percentDecoded(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
