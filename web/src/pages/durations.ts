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
