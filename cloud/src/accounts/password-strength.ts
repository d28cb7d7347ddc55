import { setImmediate as afterOthers } from 'node:timers/promises';
import type { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { Turns } from '../turns.ts';

/** Bounds for passwords, in UTF-16 code units, as a browser counts them too. */
export const passwordLength = { min: 12, max: 128 } as const;

/** zxcvbn's scale from 0 to 4. From 3 on, a guesser who has the stored hash needs 10⁸ tries or more. */
const sufficientScore = 3;

/** A longer text takes seconds to judge; one whose beginning is strong is strong. */
const judgedLength = 64;

/** Loads the dictionaries (2 MB, 0.1 s) when the first password is judged, once. */
let loading: Promise<ZxcvbnFactory> | undefined;

/** To judge a password takes up to 50 ms, in which nothing else is done: many that come at once let others in between. */
const turns = new Turns();

/**
 * Whether a password takes too few guesses. What a guesser tries first counts as known: common passwords and words,
 * patterns, and the account's own words.
 *
 * @param accountWords the person's name, email address and the like
 */
export async function isEasyToGuess(password: string, accountWords: readonly string[]): Promise<boolean> {
  loading ??= load();
  const zxcvbn = await loading;
  await turns.take();
  try {
    await afterOthers();
    const { score } = zxcvbn.check(password.slice(0, judgedLength), [...accountWords, 'holdfast']);
    return score < sufficientScore;
  } finally {
    turns.pass();
  }
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
  });
}
