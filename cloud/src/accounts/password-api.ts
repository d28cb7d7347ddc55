import { Hono } from 'hono';
import { HttpError } from '../errors.ts';
import { readJsonObject } from '../http/json-body.ts';
import type { AccountEnvironment } from './account-api.ts';
import type { AccountSessions } from './account-sessions.ts';
import type { Accounts } from './accounts.ts';
import { requireConfirmation } from './confirmation.ts';
import type { AccountLinks } from './mail/account-links.ts';
import { isEasyToGuess, passwordLength } from './password-strength.ts';

export interface PasswordApiContext {
  readonly accounts: Accounts;
  readonly sessions: AccountSessions;
  readonly links: AccountLinks;
}

/** `POST /api/account/password` with the new one as `password`; ends every other session. */
export function passwordApi({ accounts, sessions, links }: PasswordApiContext): Hono<AccountEnvironment> {
  const api = new Hono<AccountEnvironment>();

  api.post('/', requireConfirmation, async (c) => {
    const account = c.get('account');
    const { password } = await readJsonObject(c);
    const good = await goodPassword(password, [account.name, account.email]);
    const ended = await sessions.changePassword(account, await accounts.hashPassword(good));
    links.tell(account, 'password_replaced');
    return c.json({ ended });
  });

  return api;
}

/**
 * Judges a password that somebody chooses.
 *
 * @throws {HttpError} 400 `password_length` or `password_too_weak`
 */
export async function goodPassword(password: unknown, accountWords: readonly string[]): Promise<string> {
  const { min, max } = passwordLength;
  if (typeof password !== 'string' || password.length < min || password.length > max) {
    throw new HttpError(400, 'password_length', `A password has ${min} to ${max} characters.`);
  }
  if (await isEasyToGuess(password, accountWords)) {
    throw new HttpError(400, 'password_too_weak', 'This password is too easy to guess.');
  }
  return password;
}
