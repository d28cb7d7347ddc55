import { userInfo } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDuration } from './duration.ts';
import { StartupError } from './errors.ts';
import { isLoopbackName, isTrustworthyUrl } from './loopback.ts';
import { quotable } from './printable.ts';
import { parseReach, type Reach, type ReachFlags } from './reach-config.ts';
import type { KeyAccess } from './secrets/key-source.ts';

/** Everything an instance is told from outside. */
export interface InstanceConfig {
  /** The instance's own data directory. */
  readonly dataPath: string;
  readonly listen: ListenAddress;
  /** The cloud's issuer identifier. */
  readonly cloud: string;
  readonly keys: KeyLocations;
  /** Origins of other pages that may talk to this instance. */
  readonly allowedOrigins: readonly string[];
  /** How it is reached from elsewhere; by default as it listens, and over plain HTTP. */
  readonly reach?: Reach | undefined;
  /** Directory of the built web app, or the http URL of a Vite development server on this machine. */
  readonly webApp: string;
  /** For how long it may be claimed after a start; 15 minutes unless given. */
  readonly claimWindowSeconds?: number | undefined;
}

/** Where the wrapping key is; a passphrase is handed over apart from the configuration. */
export type KeyLocations = Omit<KeyAccess, 'passphrase'>;

export interface ListenAddress {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
}

/** What the command line hands over, after environment variables and defaults were filled in. */
export interface InstanceFlags extends ReachFlags {
  readonly dataPath: string;
  readonly listen: string;
  readonly cloud: string;
  readonly keys: KeyLocations;
  readonly allowOrigin?: readonly string[] | undefined;
  readonly webApp: string;
  /** A duration such as `15m`. */
  readonly claimWindow?: string | undefined;
}

export const defaultListen = '127.0.0.1:8080';
export const defaultClaimWindow = '15m';
export const defaultCloud = 'http://localhost:7070';
export const defaultWebApp = fileURLToPath(new URL('../../web/dist', import.meta.url));

/**
 * Checks the flags and turns them into a configuration.
 *
 * @throws {StartupError} `invalid_configuration`, whose message names every bad value at once
 */
export function parseInstanceConfig(flags: InstanceFlags): InstanceConfig {
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
  const cloud = attempt(() => parseIssuer(flags.cloud));
  const webApp = attempt(() => parseWebApp(flags.webApp));
  const allowedOrigins = (flags.allowOrigin ?? []).map((origin) => attempt(() => parseOrigin(origin)));
  const { claimWindow = defaultClaimWindow } = flags;
  const claimWindowSeconds = attempt(() => parseClaimWindow(claimWindow));
  const reach = parseReach(flags, attempt);
  if (flags.dataPath.trim() === '') problems.push('The data path is empty. Give --data-path a directory.');

  if (!listen || cloud === undefined || webApp === undefined || problems.length > 0) {
    throw new StartupError('invalid_configuration', problems.join('\n'));
  }
  return {
    dataPath: resolve(flags.dataPath),
    listen,
    cloud,
    keys: flags.keys,
    allowedOrigins: allowedOrigins.filter((origin) => origin !== undefined),
    reach,
    webApp,
    claimWindowSeconds,
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
    throw invalid(
      `“${quotable(text)}” is not an address to listen on. Write it as HOST:PORT, for example ${defaultListen}.`,
    );
  }
  return { host: host.toLowerCase(), port };
}

/**
 * Parses the issuer of a cloud.
 *
 * @throws {StartupError} `invalid_configuration` unless https, or http on a loopback name, without a path
 */
export function parseIssuer(text: string): string {
  const url = URL.parse(text.trim());
  if (!url || !isTrustworthyUrl(url) || url.username || url.password || `${url.origin}/` !== url.href) {
    throw invalid(
      `“${quotable(text)}” cannot be the cloud. Give --cloud its issuer: an address such as https://cloud.example.com, or ${defaultCloud} on this machine.`,
    );
  }
  return url.origin;
}

function parseOrigin(text: string): string {
  const url = URL.parse(text.trim());
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (!url || !isHttp || `${url.origin}/` !== url.href) {
    throw invalid(
      `“${quotable(text)}” is no origin. Give --allow-origin scheme, host and port, such as https://lab.example.com.`,
    );
  }
  return url.origin;
}

function parseWebApp(text: string): string {
  if (!/^https?:\/\//i.test(text)) return resolve(text);
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' || !isLoopbackName(url.hostname)) {
    throw invalid(
      `“${quotable(text)}” cannot serve the web app: only a development server on this machine can. Use http://localhost:PORT, or a directory.`,
    );
  }
  return url.origin;
}

/** A week is enough to carry a machine to whoever is to own it. */
function parseClaimWindow(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) {
    throw invalid(
      `“${quotable(text)}” is not a duration. Give --claim-window a whole number and its unit, s, m, h or d, for example ${defaultClaimWindow}.`,
    );
  }
  if (seconds < 60 || seconds > 7 * 86_400) {
    throw invalid(
      `“${text}” is too ${seconds < 60 ? 'short' : 'long'} for --claim-window. Give it 1m to 7d.`,
    );
  }
  return seconds;
}

/**
 * The platform's place for data, plus `holdfast`.
 *
 * @see https://specifications.freedesktop.org/basedir-spec/latest/ for `XDG_DATA_HOME`
 */
export function platformDataPath(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  return join(platformDirectory(env, platform, env.XDG_DATA_HOME, ['.local', 'share']), 'holdfast');
}

/** Where `holdfast serve` keeps its data unless told otherwise. */
export function defaultDataPath(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  return join(platformDataPath(env, platform), 'instance');
}

/** The platform's place for configuration, plus `holdfast/keys`: apart from the data, which gets copied around. */
export function defaultKeyDirectory(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  return join(platformDirectory(env, platform, env.XDG_CONFIG_HOME, ['.config']), 'holdfast', 'keys');
}

function platformDirectory(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  xdg: string | undefined,
  fallback: readonly string[],
): string {
  // Both are to be ignored unless they are absolute: elsewhere they would lead to another place.
  const home = env.HOME !== undefined && isAbsolute(env.HOME) ? env.HOME : userInfo().homedir;
  if (platform === 'win32') return env.APPDATA || join(home, 'AppData', 'Roaming');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  return xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, ...fallback);
}

function invalid(message: string): StartupError {
  return new StartupError('invalid_configuration', message);
}
