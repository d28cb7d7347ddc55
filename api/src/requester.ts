/** An account at the cloud, as it called itself at the time. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** Where a request came from, as far as it said so. */
export interface RequestSource {
  /** IPv4, or IPv6 without brackets. */
  readonly address: string | undefined;
  /** The `User-Agent` header, which proves nothing. */
  readonly userAgent: string | undefined;
}

/** Who asks for something, and from where. */
export interface Requester {
  readonly account: Account;
  readonly source: RequestSource;
}
