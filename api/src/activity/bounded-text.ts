import type { Account, RequestSource } from '../requester.ts';

/** Of texts that come from outside, such as a header: as many characters as are kept. */
const longest = 256;

/** `text` as it is kept: of bounded length, without control characters. */
export function boundedText(text: string): string {
  return text
    .slice(0, longest)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .toWellFormed();
}

/** Ids of accounts are bounded where tokens are verified. */
export function boundedAccount({ id, name, email }: Account): Account {
  return { id, name: boundedText(name), email: boundedText(email) };
}

export function boundedSource(source: RequestSource | undefined): RequestSource {
  const userAgent = source?.userAgent;
  return {
    address: source?.address,
    userAgent: userAgent === undefined ? undefined : boundedText(userAgent),
  };
}
