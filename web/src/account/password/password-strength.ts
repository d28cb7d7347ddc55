import type { ZxcvbnFactory } from '@zxcvbn-ts/core';

/** Much as the cloud judges, which has the last word and looks less closely, as it judges for many: zxcvbn’s score from 3 on. */
const SUFFICIENT_SCORE = 3;
const JUDGED_LENGTH = 64;

/** What makes a password easy to guess, by zxcvbn's name for it. */
const REASONS: Readonly<Record<string, string>> = {
  straightRow: 'Rows of keys are easy to guess.',
  keyPattern: 'Short patterns on the keyboard are easy to guess.',
  simpleRepeat: 'One character over and over is easy to guess.',
  extendedRepeat: 'Repeating the same few characters is easy to guess.',
  sequences: 'Sequences such as “abc” are easy to guess.',
  recentYears: 'Years are easy to guess.',
  dates: 'Dates are easy to guess.',
  topTen: 'It is one of the most used passwords.',
  topHundred: 'It is a much used password.',
  common: 'It is a much used password.',
  similarToCommon: 'It is close to a much used password.',
  wordByItself: 'A single word is easy to guess.',
  namesByThemselves: 'Names are easy to guess.',
  commonNames: 'Names are easy to guess.',
  userInputs: 'Your name and address are easy to guess.',
  wordSequence: 'Words that usually follow each other are easy to guess.',
};

export type PasswordJudge = (password: string, accountWords: readonly string[]) => PasswordVerdict;

export type PasswordVerdict = { strong: true } | { strong: false; advice: string };

/** Loads the dictionaries, which are much larger than the page. */
export async function loadPasswordJudge(): Promise<PasswordJudge> {
  const [core, common, english] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
    import('@zxcvbn-ts/language-en'),
  ]);
  const zxcvbn = new core.ZxcvbnFactory({
    dictionary: { ...common.dictionary, ...english.dictionary },
    graphs: common.adjacencyGraphs,
  });
  return (password, accountWords) => judge(zxcvbn, password, accountWords);
}

function judge(zxcvbn: ZxcvbnFactory, password: string, accountWords: readonly string[]): PasswordVerdict {
  const { score, feedback } = zxcvbn.check(password.slice(0, JUDGED_LENGTH), [...accountWords, 'holdfast']);
  if (score >= SUFFICIENT_SCORE) return { strong: true };
  const reason = REASONS[feedback.warning ?? ''];
  const remedy = 'Add a word or two that nobody would expect.';
  return { strong: false, advice: reason === undefined ? remedy : `${reason} ${remedy}` };
}
