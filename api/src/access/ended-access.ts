/** Access that ended before its tokens do: that of a sign-in, by its grant, or of an account. */
export interface EndedAccess {
  readonly subject: 'grant' | 'account';
  readonly id: string;
  /** Seconds since the epoch: tokens of an account that were issued later are good again. */
  readonly at: number;
}

/** What a token says about where it comes from; instants in seconds since the epoch. */
export interface TokenOrigin {
  /** Account id. */
  readonly sub: string;
  readonly grantId: string | undefined;
  readonly iat: number;
}
