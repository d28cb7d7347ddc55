import { Fragment, type ReactNode } from 'react';

/** Longer words, such as names with many hyphens, may have to break. */
const longestUnbroken = 12;

/** A heading whose short hyphenated words, such as “sign-in”, stay in one piece; it reads the same. */
export function unbroken(title: string): ReactNode {
  return title.split(/(\s+)/).map((word, index) =>
    word.includes('-') && word.length <= longestUnbroken ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: words have no other identity than their place
      <span key={index} style={{ whiteSpace: 'nowrap' }}>
        {word}
      </span>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: as above
      <Fragment key={index}>{word}</Fragment>
    ),
  );
}
