import { systemErrorCode } from '../../errors.ts';

/** What to do about the codes of nodemailer's errors. */
const wayOuts: Readonly<Record<string, string>> = {
  EDNS: 'no machine has that name. Check the host in --smtp-url.',
  ETIMEDOUT:
    'nobody answers there. Check host and port in --smtp-url, and that this machine may reach the mail server.',
  ETLS: 'it offers no STARTTLS. Give --smtp-url as smtps://, mostly with port 465.',
  EPROTOCOL: 'what answers there takes no mail from here. Check host and port in --smtp-url.',
  EAUTH:
    'it refuses user name or password. Check both in HOLDFAST_CLOUD_SMTP_URL; some need a password made for programs.',
  ENOAUTH: 'it wants a user name and a password. Give both in HOLDFAST_CLOUD_SMTP_URL.',
  EENVELOPE: 'it refuses the sender or the addressee. Check that it may send for --mail-from.',
};

/** Why a mail server cannot be used and what to do about it, in words that hold nothing of its address or of a mail. */
export function explainSmtpFailure(error: unknown): string {
  const code = systemErrorCode(error) ?? '';
  if (code === 'ESOCKET' || code === 'ECONNECTION') {
    // The name of a system call stands in what the operating system refused; TLS fails without one.
    return error instanceof Error && 'syscall' in error
      ? 'nobody answers there. Check host and port in --smtp-url, and that the mail server runs.'
      : 'no encrypted connection comes about. Give --smtp-url as smtps:// for a port that begins with TLS (465), as smtp:// for one with STARTTLS (587); its certificate must be one that this machine trusts.';
  }
  return wayOuts[code] ?? 'it does not work as expected. Check --smtp-url and the mail server.';
}
