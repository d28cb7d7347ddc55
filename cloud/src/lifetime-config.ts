import { formatDuration, parseDuration } from './duration.ts';
import { StartupError } from './errors.ts';
import { defaultLifetimes, lifetimeRanges, type TokenLifetimes } from './lifetimes.ts';

/** How commander names the values of the flags. */
type LifetimeFlagName =
  | 'accessTokenTtl'
  | 'refreshTokenIdleTtl'
  | 'refreshTokenAbsoluteTtl'
  | 'instanceTokenTtl'
  | 'deviceCodeTtl'
  | 'devicePollInterval';

/** Lifetimes as the command line hands them over: a duration such as `5m` each. */
export type LifetimeFlags = { readonly [Name in LifetimeFlagName]?: string | undefined };

interface LifetimeFlag {
  readonly name: LifetimeFlagName;
  readonly flag: string;
  /** What `--help` says. */
  readonly description: string;
}

/** The flag of each lifetime, in the order of `--help`. */
export const lifetimeFlags: Readonly<Record<keyof TokenLifetimes, LifetimeFlag>> = {
  access_token: {
    name: 'accessTokenTtl',
    flag: '--access-token-ttl',
    description: "how long a person's access token for an instance lives",
  },
  refresh_token_idle: {
    name: 'refreshTokenIdleTtl',
    flag: '--refresh-token-idle-ttl',
    description: 'after how long without use a sign-in ends',
  },
  refresh_token_absolute: {
    name: 'refreshTokenAbsoluteTtl',
    flag: '--refresh-token-absolute-ttl',
    description: 'after how long a sign-in ends however much it is used',
  },
  instance_token: {
    name: 'instanceTokenTtl',
    flag: '--instance-token-ttl',
    description: "how long an instance's own token lives",
  },
  device_code: {
    name: 'deviceCodeTtl',
    flag: '--device-code-ttl',
    description: 'how long a sign-in may wait for its approval',
  },
  device_poll_interval: {
    name: 'devicePollInterval',
    flag: '--device-poll-interval',
    description: 'how often the page of a sign-in asks whether it was approved',
  },
};

export const lifetimeNames = Object.keys(lifetimeFlags) as (keyof TokenLifetimes)[];

/** Runs one step of parsing; what it throws is collected, and `undefined` returned. */
type Attempt = <Value>(parse: () => Value) => Value | undefined;

/**
 * Reads the lifetimes. What is not given has its default.
 *
 * @param attempt gets a {@link StartupError} `invalid_configuration` for each value that cannot be
 */
export function parseLifetimes(flags: LifetimeFlags, attempt: Attempt): TokenLifetimes | undefined {
  const parsed = lifetimeNames.map((lifetime) => [lifetime, attempt(() => parseLifetime(lifetime, flags))]);
  if (parsed.some(([, seconds]) => seconds === undefined)) return undefined;
  const lifetimes = Object.fromEntries(parsed) as TokenLifetimes;
  return attempt(() => {
    assertNotLonger(lifetimes, 'access_token', 'refresh_token_idle');
    assertNotLonger(lifetimes, 'refresh_token_idle', 'refresh_token_absolute');
    return lifetimes;
  });
}

function parseLifetime(lifetime: keyof TokenLifetimes, flags: LifetimeFlags): number {
  const { name, flag } = lifetimeFlags[lifetime];
  const text = flags[name];
  if (text === undefined) return defaultLifetimes[lifetime];
  const seconds = parseDuration(text);
  if (seconds === undefined) {
    throw invalid(
      `“${text}” is not a duration. Give ${flag} a whole number and its unit, s, m, h or d, for example ${formatDuration(defaultLifetimes[lifetime])}.`,
    );
  }
  const { shortest, longest } = lifetimeRanges[lifetime];
  if (seconds < shortest || seconds > longest) {
    throw invalid(
      `“${text}” is too ${seconds < shortest ? 'short' : 'long'} for ${flag}. Give it ${formatDuration(shortest)} to ${formatDuration(longest)}.`,
    );
  }
  return seconds;
}

/** What is renewed must not outlive what renews it. */
function assertNotLonger(
  lifetimes: TokenLifetimes,
  inner: keyof TokenLifetimes,
  outer: keyof TokenLifetimes,
): void {
  if (lifetimes[inner] <= lifetimes[outer]) return;
  throw invalid(
    `${lifetimeFlags[inner].flag} is ${formatDuration(lifetimes[inner])}, longer than ${lifetimeFlags[outer].flag}, which is ${formatDuration(lifetimes[outer])}. Shorten the one or lengthen the other.`,
  );
}

function invalid(message: string): StartupError {
  return new StartupError('invalid_configuration', message);
}
