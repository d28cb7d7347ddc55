import { Hono, type MiddlewareHandler } from 'hono';
import { HttpError } from '../errors.ts';
import { clientAddress } from '../http/client-address.ts';
import { readJsonObject } from '../http/json-body.ts';
import { tooManyAttempts } from '../http/too-many-attempts.ts';
import { attemptAll, type CountedKey, RateLimit, takeBackAll } from '../rate-limit.ts';
import type { AccountEnvironment } from './account-api.ts';
import type { AccountSessions } from './account-sessions.ts';
import type { Accounts } from './accounts.ts';
import { type SecondFactorAttempts, signedIn } from './second-factor/second-factor-attempts.ts';
import type { SecondFactors } from './second-factor/second-factors.ts';

/** How long it counts that somebody has just shown who they are, by signing in or again. */
const confirmationSeconds = 5 * 60;

/**
 * Lets a dangerous act pass only shortly after the person has shown who they are.
 *
 * @throws {HttpError} 403 `confirmation_required`
 */
export const requireConfirmation: MiddlewareHandler<AccountEnvironment> = async (c, next) => {
  if (c.get('account').confirmedAt + confirmationSeconds * 1_000 <= Date.now()) {
    throw new HttpError(403, 'confirmation_required', 'Confirm first that it is you.');
  }
  await next();
};

export interface ConfirmationContext {
  readonly accounts: Accounts;
  readonly sessions: AccountSessions;
  readonly secondFactors: SecondFactors;
  readonly secondFactorAttempts: SecondFactorAttempts;
}

/**
 * `POST /api/account/confirmation`: with the second factor as `code` where one is on, else with the `password`. A stolen
 * password must not suffice to turn the second factor off.
 */
export function confirmationApi(context: ConfirmationContext): Hono<AccountEnvironment> {
  const { accounts, sessions, secondFactors, secondFactorAttempts } = context;
  const api = new Hono<AccountEnvironment>();
  const passwordAttempts = new RateLimit({ limit: 10, windowMilliseconds: 5 * 60_000 });

  api.post('/', async (c) => {
    const { id, sessionId } = c.get('account');
    const { password, code } = await readJsonObject(c);
    if (await secondFactors.isOn(id)) {
      const address = clientAddress(c.env.incoming);
      await expectRight(secondFactorAttempts.keysOf(id, address, code, signedIn), 'wrong_code', async () =>
        typeof code === 'string' ? secondFactors.take(id, code) : false,
      );
    } else {
      await expectRight([{ limit: passwordAttempts, key: id }], 'wrong_password', async () =>
        typeof password === 'string' ? accounts.isPassword(id, password) : false,
      );
    }
    await sessions.confirm(sessionId);
    return c.json({ confirmed_for: confirmationSeconds });
  });

  return api;
}

const wrongWords = {
  wrong_code: 'This code is wrong, or was used already.',
  wrong_password: 'This is not your password.',
} as const;

/** Counts an attempt before it is judged, or many at once would all be judged; a right one is taken back. */
async function expectRight(
  counted: readonly CountedKey[],
  wrong: keyof typeof wrongWords,
  judge: () => Promise<boolean>,
): Promise<void> {
  const secondsToWait = attemptAll(counted);
  if (secondsToWait > 0) throw tooManyAttempts(secondsToWait, 'Too many wrong tries.');
  if (!(await judge())) throw new HttpError(403, wrong, wrongWords[wrong]);
  takeBackAll(counted);
}
