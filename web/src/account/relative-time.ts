const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

// The pages are in English; day before month with its name cannot be misread in any country.
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const absoluteTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const absoluteDate = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });

/** "2 minutes ago", from two instants in milliseconds since the epoch. */
export function relativeTime(at: number, now: number): string {
  const passed = at - now;
  const [unit, length] = UNITS.find(([, length]) => Math.abs(passed) >= length) ?? ['second', 1_000];
  return relative.format(Math.trunc(passed / length), unit);
}

/** "23 Nov 2026, 14:17:03" in this device's time zone. */
export function dateAndTime(at: number): string {
  return absoluteTime.format(at);
}

/** "23 Nov 2026" in this device's time zone. */
export function date(at: number): string {
  return absoluteDate.format(at);
}
