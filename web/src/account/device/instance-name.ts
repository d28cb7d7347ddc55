const MAX_LENGTH = 64;
/** What the cloud refuses, because nobody sees it, or because it hides or reorders the rest. */
const INVISIBLE =
  /(?![\ufe0e\ufe0f])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800]/u;

/** What is wrong with a name for an instance; null when the cloud takes it. */
export function instanceNameProblem(name: string): string | null {
  const trimmed = name.trim();
  if (trimmed === '') return 'Give the instance a name.';
  if (INVISIBLE.test(trimmed) || !/[\p{L}\p{N}\p{P}\p{S}]/u.test(trimmed)) {
    return 'Use letters, digits and punctuation only.';
  }
  const { length } = [...trimmed];
  return length > MAX_LENGTH ? `Use at most ${MAX_LENGTH} characters; these are ${length}.` : null;
}

/** A first proposal for the name of an instance that is about to get its owner. */
export function suggestInstanceName(ownName: string | null, personName: string): string {
  const proposal = ownName?.trim() || `${personName.trim().split(/\s+/)[0]}’s instance`;
  return instanceNameProblem(proposal) === null ? proposal : 'My instance';
}
