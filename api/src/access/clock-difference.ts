/** Seconds by which two clocks may differ (security.md row 27). */
export const clockToleranceSeconds = 60;

/**
 * Says by how much a clock that wrote `iatSeconds` differs from this instance's; undefined within the tolerance.
 *
 * @param whose the other clock, at the start of a sentence, such as "The clock of this device"
 */
export function describeClockDifference(
  whose: string,
  iatSeconds: number,
  nowSeconds: number,
): string | undefined {
  const difference = Math.round(iatSeconds - nowSeconds);
  if (Math.abs(difference) <= clockToleranceSeconds) return undefined;
  const direction = difference > 0 ? 'ahead of' : 'behind';
  return `${whose} is ${Math.abs(difference)} seconds ${direction} the clock of the instance; at most ${clockToleranceSeconds} are accepted. Set both clocks by the internet time, then try again.`;
}
