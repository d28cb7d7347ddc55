import { isVisibleText } from '../../components/visible-text.ts';

const MAX_LENGTH = 64;

/** What is wrong with a name for an instance; null when the cloud takes it. */
export function instanceNameProblem(name: string): string | null {
  const trimmed = name.trim();
  if (trimmed === '') return 'Give the instance a name.';
  if (!isVisibleText(trimmed)) {
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
