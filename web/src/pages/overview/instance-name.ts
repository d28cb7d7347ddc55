import { isVisibleText } from '../../components/visible-text.ts';

const LONGEST_NAME_IN_CHARACTERS = 64;

/** Why a text cannot be an instance's name; undefined when it can. The cloud judges by the same rules. */
export function instanceNameProblem(input: string): string | undefined {
  const name = input.trim();
  if (name === '') return 'Enter a name.';
  if ([...name].length > LONGEST_NAME_IN_CHARACTERS) {
    return `A name has at most ${LONGEST_NAME_IN_CHARACTERS} characters; this one has ${[...name].length}.`;
  }
  if (!isVisibleText(name)) return 'A name cannot contain line breaks or other characters that nobody sees.';
  return undefined;
}
