const DAY_SECONDS = 86_400;

/** Units shorter than a day, each with the number that already makes one of the next. */
const UNITS = [
  { unit: 'second', length: 1, below: 60 },
  { unit: 'minute', length: 60, below: 60 },
  { unit: 'hour', length: 3_600, below: 24 },
] as const;

/** What has passed for less is over too shortly to be counted. */
const JUST_NOW_SECONDS = 10;

// The pages are in English, so the words are; dates are written as the person's browser does.
const relative = new Intl.RelativeTimeFormat('en');
const absoluteTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const absoluteDate = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/**
 * How far away an instant is, rounded to one unit: "in 14 days", "2 minutes ago", "just now". Both arguments in
 * milliseconds since the epoch.
 */
export function relativeTime(instant: number, now: number): string {
  const seconds = (instant - now) / 1_000;
  if (seconds <= 0 && seconds > -JUST_NOW_SECONDS) return 'just now';
  for (const { unit, length, below } of UNITS) {
    const count = Math.round(Math.abs(seconds) / length);
    if (count < below) return relative.format(Math.sign(seconds) * count, unit);
  }
  return relative.format(Math.round(seconds / DAY_SECONDS), 'day');
}

/** A date with its time of day, in this device's time zone and the browser's conventions; ISO 8601 or milliseconds. */
export function dateAndTime(instant: number | string): string {
  return absoluteTime.format(new Date(instant));
}

/** A date without its time of day, else as {@link dateAndTime}. */
export function date(instant: number | string): string {
  return absoluteDate.format(new Date(instant));
}
