/** How long each credential lives, in seconds; published as authorization server metadata. */
export interface TokenLifetimes {
  /** User access token. */
  readonly access_token: number;
  /** A refresh token that nobody uses. */
  readonly refresh_token_idle: number;
  /** A family of refresh tokens, however often it rotates. */
  readonly refresh_token_absolute: number;
  /** The access token of an instance for the instance API. */
  readonly instance_token: number;
  /** A device code, and the user code that belongs to it. */
  readonly device_code: number;
  /** From one poll for a device code to the next (RFC 8628 section 3.2). */
  readonly device_poll_interval: number;
}

/** A range of seconds, both ends included. */
export interface LifetimeRange {
  readonly shortest: number;
  readonly longest: number;
}

const minute = 60;
const day = 24 * 60 * minute;

export const defaultLifetimes: TokenLifetimes = {
  access_token: 5 * minute,
  refresh_token_idle: 14 * day,
  refresh_token_absolute: 90 * day,
  instance_token: 10 * minute,
  device_code: 5 * minute,
  device_poll_interval: 2,
};

/**
 * What an operator may choose. Tokens of less than a minute would be over on arrival where clocks differ as much as they
 * may. Instances refuse access tokens of more than a day, because they remember no longer than that whose access ended
 * early. User codes are short enough to be typed, so they have to end soon (RFC 8628 section 5.1).
 */
export const lifetimeRanges: Readonly<Record<keyof TokenLifetimes, LifetimeRange>> = {
  access_token: { shortest: minute, longest: day },
  refresh_token_idle: { shortest: 5 * minute, longest: 365 * day },
  refresh_token_absolute: { shortest: 5 * minute, longest: 365 * day },
  instance_token: { shortest: minute, longest: day },
  device_code: { shortest: minute, longest: 30 * minute },
  device_poll_interval: { shortest: 1, longest: 30 },
};
