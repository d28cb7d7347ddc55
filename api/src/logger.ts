import { isatty } from 'node:tty';
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

const redacted = '[redacted]';

/** Ends of names, so that `registration_access_token`, `clientSecret` and `HOLDFAST_PASSPHRASE` are among them. */
const secretNames = '(?:token|secret|claim|cookie|password|passphrase)';

/**
 * Things that look like a credential, wherever they turn up in a line: JWTs, `Authorization` values, claim codes,
 * registration keys, passphrases, and the parameters of OAuth requests, be they quoted, quoted within JSON, or bare.
 * Nothing of the kind is logged on purpose; this is the net below.
 */
const credentialPatterns: readonly [RegExp, string][] = [
  [/eyJ[\w-]+\.[\w-]+\.[\w-]*/g, redacted],
  [/\b(Bearer|DPoP|Basic)\s+[\w\-.~+/]+=*/gi, `$1 ${redacted}`],
  [/hfkey_[\w-]+/g, redacted],
  [/\b[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}\b/g, redacted],
  [new RegExp(`(${secretNames}"\\s*:\\s*")(?:\\\\.|[^"\\\\])*`, 'gi'), `$1${redacted}`],
  [new RegExp(`(${secretNames}'?\\s*[:=]\\s*')(?:\\\\.|[^'\\\\])*`, 'gi'), `$1${redacted}`],
  [new RegExp(`(${secretNames}(?:\\\\+")?\\s*[:=]\\s*(\\\\+"))(?:.*?)(?<!\\\\)\\2`, 'gi'), `$1${redacted}$2`],
  // A passphrase is several words: a bare one ends with the text that it stands in.
  [/(passphrase\s*[:=]\s*)[^"'\s\\](?:\\.|[^"\\])*/gi, `$1${redacted}`],
  [new RegExp(`(${secretNames}\\s*[:=]\\s*)[^"'&\\s,;\\\\}]+`, 'gi'), `$1${redacted}`],
];

/** Blanks whatever looks like a credential in one log line. */
export function redact(line: string): string {
  return credentialPatterns.reduce(
    (text, [pattern, replacement]) => text.replace(pattern, replacement),
    line,
  );
}

export interface LoggerOptions {
  level?: string;
  /** Where lines go. */
  destination: DestinationStream;
}

/** Logs JSON lines, redacted at the sink, so that no caller can forget. */
export function createLogger({ level = 'info', destination }: LoggerOptions): Logger {
  return pino(
    { level, base: { service: 'instance' }, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line) => destination.write(redact(line)) },
  );
}

/** The process's logger, on stderr: readable for people if that is a terminal. */
export async function createProcessLogger(): Promise<Logger> {
  return createLogger({ destination: await standardError() });
}

async function standardError(): Promise<DestinationStream> {
  if (!isatty(2)) return pino.destination({ fd: 2, sync: true });
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    destination: 2,
    sync: true,
    ignore: 'service,pid,hostname',
    translateTime: 'SYS:HH:MM:ss',
  });
}
