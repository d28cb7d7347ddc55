import { APIError } from 'better-auth/api';
import { isEasyToGuess, passwordLength } from './password-strength.ts';

const maximumNameLength = 64;
/** RFC 5321 section 4.5.3.1.3, less the angle brackets. */
const maximumEmailLength = 254;

/**
 * Judges what better-auth does not: how long name and address are, and how hard the password is to guess.
 *
 * @throws {APIError} 400 `INVALID_NAME`, `INVALID_EMAIL` or `PASSWORD_TOO_WEAK`
 */
export async function assertSignUpFields(body: unknown): Promise<void> {
  const { name, email, password } = (body ?? {}) as Readonly<Record<string, unknown>>;
  // better-auth refuses the rest of what is wrong with them.
  if (typeof name !== 'string' || typeof email !== 'string' || typeof password !== 'string') return;
  if (name.trim() === '' || name.length > maximumNameLength) {
    throw refusal('INVALID_NAME', `A name has 1 to ${maximumNameLength} characters.`);
  }
  if (email.length > maximumEmailLength) {
    throw refusal('INVALID_EMAIL', `An email address has at most ${maximumEmailLength} characters.`);
  }
  const { min, max } = passwordLength;
  if (password.length < min || password.length > max) return;
  if (await isEasyToGuess(password, [name, email])) {
    throw refusal(
      'PASSWORD_TOO_WEAK',
      'This password is too easy to guess. A few words in a row are strong.',
    );
  }
}

function refusal(code: string, message: string): APIError {
  return new APIError('BAD_REQUEST', { code, message });
}
