import { createTransport } from 'nodemailer';
import { describeError, systemErrorCode } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { SmtpConfig } from './smtp-config.ts';
import { explainSmtpFailure } from './smtp-failure.ts';

/** A mail to one person, with at most one link. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  /** Plain text, above the link. */
  readonly text: string;
  readonly link?: string;
  /** Plain text, below the link. */
  readonly closing: string;
}

/** Brings links to their addressees. */
export interface Mailer {
  /** False where links go to the operator's log. */
  readonly sendsMail: boolean;
  /** Says in the log what is wrong with the mail server, if anything is. */
  readonly check: () => Promise<void>;
  /** Sends in the background: how long it takes would tell whether there was anybody to send to. */
  readonly send: (mail: Mail) => void;
}

/** Sends by SMTP. What goes wrong is logged, without addressee and link. */
export function smtpMailer(smtp: SmtpConfig, from: string, logger: Logger): Mailer {
  const transport = createTransport({
    url: smtp.url,
    requireTLS: smtp.requireTls,
    connectionTimeout: 20_000,
    greetingTimeout: 20_000,
    socketTimeout: 60_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const complain = (what: string, error: unknown) => {
    const { type } = describeError(error);
    logger.error({ type, code: systemErrorCode(error) }, `${what}: ${explainSmtpFailure(error)}`);
  };
  return {
    sendsMail: true,
    check: async () => {
      await transport.verify().catch((error: unknown) => complain('the mail server cannot be used', error));
    },
    send: ({ to, subject, text, link, closing }) => {
      const body = [text, link, closing].filter((part) => part !== undefined).join('\n\n');
      transport
        .sendMail({
          from: { name: 'Holdfast', address: from },
          to: { name: '', address: to },
          subject,
          text: `${body}\n`,
        })
        .catch((error: unknown) => complain('a mail could not be sent by the mail server', error));
    },
  };
}

/** For a cloud without a mail server: whoever runs it finds the link in the log and passes it on. */
export function logMailer(logger: Logger): Mailer {
  return {
    sendsMail: false,
    check: async () => undefined,
    send: ({ to, subject, link }) => {
      if (link === undefined) return;
      logger.warn(
        { to, subject, link },
        'no mail server is set up (--smtp-url): pass this link on to its addressee',
      );
    },
  };
}
