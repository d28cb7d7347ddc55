/** What one connection may take, so that slow, silent and many of them do not add up. In milliseconds and bytes. */
export interface ConnectionLimits {
  /** For the TLS handshake. */
  readonly handshakeTimeout: number;
  /** For the head of a request, from its first byte. */
  readonly headersTimeout: number;
  /** For a request with its body. */
  readonly requestTimeout: number;
  /** How long a connection is kept for a next request. */
  readonly keepAliveTimeout: number;
  /** Without a byte in either direction while a request is under way; streams send a sign of life more often. */
  readonly silenceTimeout: number;
  /** How often the time-outs are looked at. */
  readonly connectionsCheckingInterval: number;
  /** Of the head of a request. */
  readonly maxHeaderSize: number;
  /** How many requests there may be on a connection of which none is answered yet; browsers and proxies send one. */
  readonly answersPerConnection: number;
  /** Per listening socket; further ones are closed at once. */
  readonly maxConnections: number;
  /** Of those, from one network: from the narrowest that `networksOf` tells to the widest. */
  readonly networkShares: readonly number[];
  /** From this many on, an idle one is closed for each new one. */
  readonly scarceConnections: number;
}

export const connectionLimits: ConnectionLimits = {
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Longer than the minute for which proxies keep theirs: they must not meet one that closes just then.
  keepAliveTimeout: 65_000,
  silenceTimeout: 120_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
  answersPerConnection: 4,
  maxConnections: 2_000,
  networkShares: [500, 750, 1_000, 1_500],
  scarceConnections: 1_800,
};

export const maximumHeaders = 100;
