/** Access that ended before its tokens do. */
export type EndedAccess =
  /** That of a sign-in, by its grant, or of an account; tokens of an account that were issued later are good again. */
  | { readonly subject: 'grant' | 'account'; readonly id: string; readonly at: number }
  /** An account has another role from now on: its tokens with any other have ended. */
  | { readonly subject: 'role'; readonly id: string; readonly role: string; readonly at: number };

/** What a token says about where it comes from; instants in seconds since the epoch. */
export interface TokenOrigin {
  /** Account id. */
  readonly sub: string;
  readonly grantId: string | undefined;
  readonly role: string;
  readonly iat: number;
}
