import type { Actor, Origin } from './audit-entry.ts';

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
export function boundedActor({ id, name, email }: Actor): Actor {
  return { id, name: boundedText(name), email: boundedText(email) };
}

export function boundedOrigin(origin: Origin | undefined): Origin {
  const userAgent = origin?.userAgent;
  return {
    address: origin?.address,
    userAgent: userAgent === undefined ? undefined : boundedText(userAgent),
  };
}
