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
  readonly device_code: number;
  readonly user_code: number;
}

const day = 24 * 60 * 60;

export const defaultLifetimes: TokenLifetimes = {
  access_token: 5 * 60,
  refresh_token_idle: 14 * day,
  refresh_token_absolute: 90 * day,
  instance_token: 10 * 60,
  device_code: 5 * 60,
  user_code: 5 * 60,
};
