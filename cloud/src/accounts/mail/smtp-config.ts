import { StartupError } from '../../errors.ts';
import { isLoopbackHostname } from '../../http/loopback.ts';

/** The mail server, and who the mails are from. */
export interface SmtpConfig {
  /** `smtp://` or `smtps://`, credentials included: never shown or logged. */
  readonly url: string;
  /** True where a connection that stays in clear is refused. */
  readonly requireTls: boolean;
}

/**
 * Parses `smtp://[USER:PASSWORD@]HOST[:PORT]` or `smtps://…`. The message quotes nothing of it: there may be a password.
 *
 * @throws {StartupError} `invalid_configuration`
 */
export function parseSmtpUrl(text: string): SmtpConfig {
  const url = URL.parse(text.trim());
  const isSmtp = url?.protocol === 'smtp:' || url?.protocol === 'smtps:';
  if (!url || !isSmtp || url.hostname === '' || !/^\/?$/.test(url.pathname) || url.search || url.hash) {
    throw new StartupError(
      'invalid_configuration',
      'The value of --smtp-url is not the address of a mail server. Write it as smtps://HOST:PORT, or smtp:// for STARTTLS; with a password as smtps://USER:PASSWORD@HOST:PORT, in the environment variable HOLDFAST_CLOUD_SMTP_URL only.',
    );
  }
  return { url: url.href, requireTls: url.protocol === 'smtp:' && !isLoopbackHostname(url.hostname) };
}

/**
 * Refuses a password that was given as an argument.
 *
 * @throws {StartupError} `invalid_configuration`
 */
export function refusePasswordInArguments(smtpUrl: string | undefined): void {
  if (!smtpUrl || !URL.parse(smtpUrl)?.password) return;
  throw new StartupError(
    'invalid_configuration',
    'The password in --smtp-url could be read in the list of processes. Give the address in the environment variable HOLDFAST_CLOUD_SMTP_URL instead.',
  );
}
