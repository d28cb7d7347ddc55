import { createTransport } from 'nodemailer';
import { describeError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import type { SmtpConfig } from './smtp-config.ts';

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
  return {
    sendsMail: true,
    send: ({ to, subject, text, link, closing }) => {
      const body = [text, link, closing].filter((part) => part !== undefined).join('\n\n');
      transport
        .sendMail({
          from: { name: 'Holdfast', address: from },
          to: { name: '', address: to },
          subject,
          text: `${body}\n`,
        })
        .catch((error: unknown) => {
          const { type } = describeError(error);
          const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
          logger.error({ type, code }, 'a mail could not be sent; check --smtp-url and the mail server');
        });
    },
  };
}

/** For a cloud without a mail server: whoever runs it finds the link in the log and passes it on. */
export function logMailer(logger: Logger): Mailer {
  return {
    sendsMail: false,
    send: ({ to, subject, link }) => {
      if (link === undefined) return;
      logger.warn(
        { to, subject, link },
        'no mail server is set up (--smtp-url): pass this link on to its addressee',
      );
    },
  };
}
