const secondsPerUnit = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/**
 * Parses a whole number with its unit: `90s`, `5m`, `12h`, `14d`. A number without a unit is none, because nobody can
 * tell whether it means seconds or minutes.
 *
 * @returns seconds, or `undefined` for everything else
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(?<count>\d{1,9})(?<unit>[smhd])$/.exec(text.trim());
  if (!match?.groups) return undefined;
  const { count, unit } = match.groups;
  return Number(count) * secondsPerUnit[unit as keyof typeof secondsPerUnit];
}

/** Seconds in the largest unit that says them exactly, as `parseDuration` reads them: 300 is `5m`. */
export function formatDuration(seconds: number): string {
  const units = ['d', 'h', 'm'] as const;
  const unit = units.find((candidate) => seconds > 0 && seconds % secondsPerUnit[candidate] === 0) ?? 's';
  return `${seconds / secondsPerUnit[unit]}${unit}`;
}
