import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { HttpError } from '../../errors.ts';
import { clientAddress } from '../../http/client-address.ts';
import { readJsonObject } from '../../http/json-body.ts';
import { NetworkLimit } from '../../http/network-limit.ts';
import { assertFromOwnPage } from '../../http/own-page.ts';
import { countAttempt } from '../../http/too-many-attempts.ts';
import { RateLimit } from '../../rate-limit.ts';
import type { RegistrationKeys } from '../../registration-keys/registration-keys.ts';
import type { AccountSessions } from '../account-sessions.ts';
import type { Accounts } from '../accounts.ts';
import type { Invites } from '../invites.ts';
import type { Passkeys } from '../passkeys/passkeys.ts';
import { goodPassword } from '../password-api.ts';
import type { AccountLinks } from './account-links.ts';

export interface LinksApiContext {
  readonly issuer: string;
  readonly accounts: Accounts;
  readonly sessions: AccountSessions;
  readonly links: AccountLinks;
  readonly passkeys: Passkeys;
  readonly registrationKeys: RegistrationKeys;
  readonly invites: Invites;
}

type Environment = { Bindings: HttpBindings };

/**
 * `/api/links`, for people who are not signed in: `POST password-reset {"email"}`, and what the pages behind the links
 * post, `password-reset/redeem {"token", "password"}`, `email/redeem {"token", "password"}` and `invite {"token"}`, which only
 * looks.
 */
export function linksApi({
  issuer,
  accounts,
  sessions,
  links,
  passkeys,
  registrationKeys,
  invites,
}: LinksApiContext): Hono<Environment> {
  const api = new Hono<Environment>();
  const tries = { limit: 20, windowMilliseconds: 10 * 60_000 };
  // Not of links that are opened: nobody guesses 256 bits, and people behind one address do not use up each other's tries.
  const requests = new NetworkLimit(tries);
  const passwords = new RateLimit(tries);

  api.use(async (c, next) => {
    assertFromOwnPage(c, issuer);
    await next();
  });

  // The same answer whether or not there is such an account.
  api.post('/password-reset', async (c) => {
    const { email } = await readJsonObject(c);
    if (typeof email !== 'string') {
      throw new HttpError(400, 'invalid_request', 'The body must be {"email": "<address>"}.');
    }
    const address = clientAddress(c.env.incoming);
    countAttempt(...requests.keysOf(address));
    links.requestPasswordReset(email, address);
    return c.json({ requested: true });
  });

  api.post('/password-reset/redeem', async (c) => {
    const { token, password } = await tokenIn(c);
    const accountId = await links.accountOfPasswordReset(token);
    const account = accountId === undefined ? undefined : await accounts.find(accountId);
    if (!account) throw uselessLink();
    // Judged before the link is used up.
    const good = await goodPassword(password, [account.name, account.email]);
    const reset = await sessions.resetPassword(token, await accounts.hashPassword(good));
    if (!reset) throw uselessLink();
    links.tell(account, 'password_replaced');
    // They still sign in and register instances, and may be somebody else's.
    const { length } = await passkeys.of(account.id);
    const keys = await registrationKeys.countWorkingOf(account.id);
    return c.json({ changed: true, passkeys: length, registration_keys: keys, removed: reset.removed });
  });

  api.post('/email/redeem', async (c) => {
    const { token, password } = await tokenIn(c);
    const accountId = await links.accountOfVerification(token);
    if (accountId === undefined) throw uselessLink();
    countAttempt({ limit: passwords, key: accountId });
    // Who reads the mailbox may not be who made the account, and would let that one in.
    if (typeof password !== 'string' || !(await accounts.isPassword(accountId, password))) {
      throw new HttpError(403, 'wrong_password', 'This is not the password of the account.');
    }
    if (!(await links.redeemVerification(token))) throw uselessLink();
    return c.json({ verified: true });
  });

  api.post('/invite', async (c) => c.json({ good: await invites.isGood((await tokenIn(c)).token) }));

  return api;
}

async function tokenIn(c: Context<Environment>): Promise<{ token: string; password?: unknown }> {
  const { token, password } = await readJsonObject(c);
  if (typeof token !== 'string') throw uselessLink();
  return { token, password };
}

function uselessLink(): HttpError {
  return new HttpError(410, 'useless_link', 'This link was used already, or is too old.');
}
