const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A remaining time for people and for machines. */
export interface RemainingTime {
  /** `4:59`, `3 h 20 min` or `13 days`, the coarser the further away. */
  text: string;
  /** The same as an ISO 8601 duration, for `<time datetime>`. */
  iso: string;
  /** Milliseconds after which `text` changes. */
  changesIn: number;
}

/** Describes a number of milliseconds; whatever is over counts as `0:00`. */
export function remainingTime(milliseconds: number): RemainingTime {
  const left = Math.max(0, milliseconds);
  if (left >= 2 * DAY) {
    const days = Math.floor(left / DAY);
    return { text: `${days} days`, iso: `P${days}D`, changesIn: untilBelow(left, DAY) };
  }
  if (left >= HOUR) {
    const hours = Math.floor(left / HOUR);
    const minutes = Math.floor((left % HOUR) / MINUTE);
    return {
      text: `${hours} h ${minutes} min`,
      iso: `PT${hours}H${minutes}M`,
      changesIn: untilBelow(left, MINUTE),
    };
  }
  // Rounded up, so that 0:00 is shown only when the time is over.
  const seconds = Math.ceil(left / SECOND);
  const minutes = Math.floor(seconds / 60);
  const rest = seconds % 60;
  return {
    text: `${minutes}:${String(rest).padStart(2, '0')}`,
    iso: `PT${minutes}M${rest}S`,
    changesIn: left % SECOND || SECOND,
  };
}

/** Milliseconds until `left` has fallen below its current whole number of `unit`. */
function untilBelow(left: number, unit: number): number {
  return (left % unit) + 1;
}
