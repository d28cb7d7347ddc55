import { type DestinationStream, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type { Logger } from 'pino';

const redacted = '[redacted]';

const secretNames =
  '(?:refresh_token|access_token|device_code|user_code|client_secret|password|token|cookie|page-key)';

/**
 * Things that look like a credential, wherever they turn up in a line: JWTs, `Authorization` values, user codes, and
 * the parameters of OAuth requests, be they quoted, quoted within JSON, or bare. Nothing of the kind is logged on
 * purpose; this is the net below.
 */
const credentialPatterns: readonly [RegExp, string][] = [
  [/eyJ[\w-]+\.[\w-]+\.[\w-]*/g, redacted],
  [/\b(Bearer|DPoP|Basic)\s+[\w\-.~+/]+=*/gi, `$1 ${redacted}`],
  [/hfkey_[\w-]+/g, redacted],
  [/\b[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}\b/g, redacted],
  [new RegExp(`(${secretNames}"\\s*:\\s*")(?:\\\\.|[^"\\\\])*`, 'gi'), `$1${redacted}`],
  [new RegExp(`(${secretNames}'?\\s*[:=]\\s*')(?:\\\\.|[^'\\\\])*`, 'gi'), `$1${redacted}`],
  [new RegExp(`(${secretNames}(?:\\\\+")?\\s*[:=]\\s*(\\\\+"))(?:.*?)(?<!\\\\)\\2`, 'gi'), `$1${redacted}$2`],
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
  /** Where lines go; stderr unless given, readable for people if that is a terminal. */
  destination?: DestinationStream;
}

/** The process's logger: JSON lines on stderr, redacted at the sink, so that no caller can forget. */
export function createLogger({ level = 'info', destination = standardError() }: LoggerOptions = {}): Logger {
  return pino(
    { level, base: { service: 'cloud' }, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line) => destination.write(redact(line)) },
  );
}

function standardError(): DestinationStream {
  return process.stderr.isTTY
    ? pretty({ destination: 2, sync: true, ignore: 'service,pid,hostname', translateTime: 'SYS:HH:MM:ss' })
    : pino.destination({ fd: 2, sync: true });
}
