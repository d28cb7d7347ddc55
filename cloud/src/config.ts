import { userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSmtpUrl, type SmtpConfig } from './accounts/mail/smtp-config.ts';
import { parseSignUpPolicy, type SignUpPolicy } from './accounts/sign-up-policy.ts';
import { StartupError } from './errors.ts';
import { isLoopbackHostname } from './http/loopback.ts';
import { parseTrustedProxy } from './http/trusted-proxies.ts';
import { type LifetimeFlags, parseLifetimes } from './lifetime-config.ts';
import type { TokenLifetimes } from './lifetimes.ts';

/** Everything the cloud is told from outside. */
export interface CloudConfig {
  /** The cloud's own data directory. */
  readonly dataPath: string;
  readonly listen: ListenAddress;
  /** The issuer identifier; `http://HOST:PORT` of the address it listens on unless given. */
  readonly issuer?: string | undefined;
  /** Directory of the built web app, or the http URL of a Vite development server on this machine. */
  readonly webApp: string;
  /** Where mails are handed in; without it links go to the log. */
  readonly smtp?: SmtpConfig | undefined;
  /** Who mails are from; `holdfast@` and the issuer's host name unless given. */
  readonly mailFrom?: string | undefined;
  /** Who may create an account; everybody unless given. */
  readonly signUp?: SignUpPolicy | undefined;
  /** Addresses and networks of proxies that are believed whom they speak for; none unless given. */
  readonly trustedProxies?: readonly string[];
  /** How long tokens and codes live; the defaults unless given. */
  readonly lifetimes?: TokenLifetimes;
}

export interface ListenAddress {
  /** A name or an address, IPv6 without brackets. `localhost` means both loopback addresses. */
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
}

/** What the command line hands over, after environment variables and defaults were filled in. */
export interface CloudFlags {
  readonly dataPath: string;
  readonly listen: string;
  readonly issuer?: string | undefined;
  readonly webApp: string;
  readonly smtpUrl?: string | undefined;
  readonly mailFrom?: string | undefined;
  readonly signUp?: string | undefined;
  readonly trustedProxy?: readonly string[] | undefined;
  readonly lifetimes?: LifetimeFlags;
}

export const defaultListen = 'localhost:7070';
export const defaultWebApp = fileURLToPath(new URL('../../web/dist', import.meta.url));

/**
 * Checks the flags and turns them into a configuration.
 *
 * @throws {StartupError} `invalid_configuration`, whose message names every bad value at once
 */
export function parseCloudConfig(flags: CloudFlags): CloudConfig {
  const problems: string[] = [];
  const attempt = <Value>(parse: () => Value): Value | undefined => {
    try {
      return parse();
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };

  const listen = attempt(() => parseListenAddress(flags.listen));
  const issuer = flags.issuer === undefined ? undefined : attempt(() => parseIssuer(flags.issuer ?? ''));
  const webApp = attempt(() => parseWebApp(flags.webApp));
  const { smtpUrl } = flags;
  const smtp = smtpUrl === undefined ? undefined : attempt(() => parseSmtpUrl(smtpUrl));
  const mailFrom =
    flags.mailFrom === undefined ? undefined : attempt(() => parseMailFrom(flags.mailFrom ?? ''));
  const signUp =
    flags.signUp === undefined ? undefined : attempt(() => parseSignUpPolicy(flags.signUp ?? ''));
  const trustedProxies = flags.trustedProxy?.flatMap(
    (range) => attempt(() => parseTrustedProxy(range)) ?? [],
  );
  const lifetimes = parseLifetimes(flags.lifetimes ?? {}, attempt);
  if (flags.dataPath.trim() === '') problems.push('The data path is empty. Give --data-path a directory.');

  if (!listen || webApp === undefined || !lifetimes || problems.length > 0) {
    throw new StartupError('invalid_configuration', problems.join('\n'));
  }
  return {
    dataPath: resolve(flags.dataPath),
    listen,
    issuer,
    webApp,
    smtp,
    mailFrom,
    signUp,
    ...(trustedProxies && { trustedProxies }),
    lifetimes,
  };
}

/**
 * Parses `HOST:PORT`, `[IPv6]:PORT` included.
 *
 * @throws {StartupError} `invalid_configuration`
 */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[(?<ipv6>[0-9a-f:.]+)\]|(?<name>[a-z0-9.-]+)):(?<port>\d{1,5})$/i.exec(text.trim());
  const host = match?.groups?.ipv6 ?? match?.groups?.name;
  const port = Number(match?.groups?.port);
  if (!host || port > 65_535) {
    throw new StartupError(
      'invalid_configuration',
      `“${text}” is not an address to listen on. Write it as HOST:PORT, for example ${defaultListen}.`,
    );
  }
  return { host: host.toLowerCase(), port };
}

/**
 * Checks an issuer identifier (RFC 8414 section 2) and returns it in its one canonical spelling, without a trailing
 * slash. Ours has no path, because the cloud owns its origin: cookies and its web app live there too.
 *
 * @throws {StartupError} `invalid_configuration`
 */
export function parseIssuer(text: string): string {
  const url = URL.parse(text.trim());
  const refuse = (why: string): never => {
    throw new StartupError(
      'invalid_configuration',
      `“${text}” cannot be the issuer: ${why}. Use an address such as https://cloud.example.com, or http://localhost:7070 on this machine.`,
    );
  };
  if (!url) return refuse('it is not a URL');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse('it is neither https nor http');
  if (url.protocol === 'http:' && !isLoopbackHostname(url.hostname)) {
    return refuse('plain http is only safe on a loopback name');
  }
  if (url.username || url.password) return refuse('it contains a user name or password');
  if (url.pathname !== '/' || url.search || url.hash || /[?#]$/.test(text)) {
    return refuse('it has more than a scheme, a host and a port');
  }
  return url.origin;
}

/**
 * The platform's place for data, plus `holdfast/cloud`.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/ for `XDG_DATA_HOME`
 */
export function defaultDataPath(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  return join(platformDataDirectory(env, platform), 'holdfast', 'cloud');
}

function platformDataDirectory(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  // Both are to be ignored unless they are absolute: elsewhere they would lead to another place.
  const home = env.HOME !== undefined && isAbsolute(env.HOME) ? env.HOME : userInfo().homedir;
  if (platform === 'win32') return env.APPDATA || join(home, 'AppData', 'Roaming');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  const { XDG_DATA_HOME: xdg = '' } = env;
  return isAbsolute(xdg) ? xdg : join(home, '.local', 'share');
}

function parseWebApp(text: string): string {
  if (!/^https?:\/\//i.test(text)) return resolve(text);
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' || !isLoopbackHostname(url.hostname)) {
    throw new StartupError(
      'invalid_configuration',
      `“${text}” cannot serve the web app: only a development server on this machine can. Use http://localhost:PORT, or a directory.`,
    );
  }
  return url.origin;
}

/** Who mails are from, unless it is said otherwise. */
export function defaultMailFrom(issuer: string): string {
  return `holdfast@${new URL(issuer).hostname}`;
}

/** @throws {StartupError} `invalid_configuration` */
export function parseMailFrom(text: string): string {
  if (!/^[^\s@<>"]+@[^\s@<>"]+$/.test(text.trim())) {
    throw new StartupError(
      'invalid_configuration',
      `“${text}” cannot be who mails are from. Give --mail-from an address such as holdfast@example.com.`,
    );
  }
  return text.trim();
}
