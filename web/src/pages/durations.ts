const UNITS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
] as const;

/** A length of time in the largest unit that says it exactly: 300 → "5 minutes", 90 → "90 seconds". */
export function durationInWords(seconds: number): string {
  const exact = UNITS.find((candidate) => seconds >= candidate.seconds && seconds % candidate.seconds === 0);
  return new Intl.NumberFormat('en', {
    style: 'unit',
    unit: exact?.unit ?? 'second',
    unitDisplay: 'long',
  }).format(exact ? seconds / exact.seconds : seconds);
}

/** How far away an instant is, in one unit: "in 14 days", "in 3 hours". Both arguments in ms since the epoch. */
export function relativeTime(instant: number, now: number): string {
  const seconds = Math.round((instant - now) / 1_000);
  const unit = UNITS.find((candidate) => Math.abs(seconds) >= candidate.seconds);
  return new Intl.RelativeTimeFormat('en').format(
    unit ? Math.trunc(seconds / unit.seconds) : seconds,
    unit?.unit ?? 'second',
  );
}

/** A date and time for people, in their time zone and their browser's conventions. */
export function dateAndTime(instant: number | string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(instant),
  );
}
