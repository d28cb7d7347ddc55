import { HttpError } from '../errors.ts';
import { attemptAll, type CountedKey } from '../rate-limit.ts';

/** Counts an attempt under every key. @throws {HttpError} 429 `too_many_attempts` if one has none left */
export function countAttempt(...counted: readonly CountedKey[]): void {
  const secondsToWait = attemptAll(counted);
  if (secondsToWait > 0) throw tooManyAttempts(secondsToWait, 'Too many tries.');
}

/** @param what was too much, as a sentence */
export function tooManyAttempts(secondsToWait: number, what: string): HttpError {
  return new HttpError(429, 'too_many_attempts', `${what} Try again in ${secondsToWait} seconds.`, {
    'Retry-After': String(secondsToWait),
  });
}
