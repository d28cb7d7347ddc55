import { setImmediate as afterOthers } from 'node:timers/promises';
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { FairTurns } from '../fair-turns.ts';
import { keptPromise } from '../kept-promise.ts';
import { judgedPart, knownWord, letterSubstitutions, maximumSpellings } from './judged-part.ts';

/** Bounds for passwords, in UTF-16 code units, as a browser counts them too. */
export const passwordLength = { min: 12, max: 128 } as const;

/** zxcvbn's scale from 0 to 4. From 3 on, a guesser who has the stored hash needs 10⁸ tries or more. */
const sufficientScore = 3;

/** Loads the dictionaries (2 MB, 0.1 s) when the first password is judged, once. */
const loaded = keptPromise(load);

/**
 * To judge a password takes up to 20 ms, in which nothing else is done: many that come at once let others in between. When a
 * hundred wait, whoever comes from a network that has most of them is told to come again.
 */
const turns = new FairTurns({ waiting: 100 });

/**
 * Whether a password takes too few guesses. What a guesser tries first counts as known: common passwords and words,
 * patterns, and the account's own words.
 *
 * @param accountWords the person's name, email address and the like
 * @throws {HttpError} 503 `temporarily_unavailable` if too many are to be judged
 */
export async function isEasyToGuess(password: string, accountWords: readonly string[]): Promise<boolean> {
  const zxcvbn = await loaded();
  return turns.during(async () => {
    await afterOthers();
    const { score } = zxcvbn.check(judgedPart(password, accountWords), [...accountWords, knownWord]);
    return score < sufficientScore;
  });
}

async function load(): Promise<ZxcvbnFactory> {
  const [core, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ]);
  return new core.ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
    l33tTable: letterSubstitutions,
    l33tMaxSubstitutions: maximumSpellings,
  });
}
