const secondsPerUnit = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

const wordsOfUnit = { s: 'second', m: 'minute', h: 'hour', d: 'day' } as const;

/**
 * Parses a whole number with its unit: `90s`, `15m`, `12h`, `7d`. A number without a unit is none, because nobody can
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

/** Seconds in the largest unit that says them exactly: 900 is “15 minutes”. */
export function durationInWords(seconds: number): string {
  const units = ['d', 'h', 'm'] as const;
  const unit = units.find((candidate) => seconds > 0 && seconds % secondsPerUnit[candidate] === 0) ?? 's';
  const count = seconds / secondsPerUnit[unit];
  return `${count} ${wordsOfUnit[unit]}${count === 1 ? '' : 's'}`;
}
