const firstMilliseconds = 1_000;
const longestMilliseconds = 30_000;

/**
 * How long to wait before the next attempt: 1 s doubling to 30 s, of which a random half, so that many instances do not
 * return to a recovering cloud in step.
 *
 * @param failures how many attempts have failed in a row, 1 or more
 * @param random uniform in [0, 1)
 */
export function backOffMilliseconds(failures: number, random: () => number): number {
  const ceiling = Math.min(longestMilliseconds, firstMilliseconds * 2 ** (failures - 1));
  return ceiling / 2 + (random() * ceiling) / 2;
}
