import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { clientAddress, rateLimitKey } from '../http/client-address.ts';
import { countAttempt } from '../http/too-many-attempts.ts';
import { RateLimit } from '../rate-limit.ts';
import type { AccountInBrowser } from './accounts.ts';

export interface AccountLimits {
  /** How often one account does it in five minutes. */
  readonly perAccount: number;
  /** How often it is done from one address in five minutes, by whatever accounts. */
  readonly perAddress: number;
}

/** Lets an account do something so often; a person never notices. @throws {HttpError} 429 `too_many_attempts` */
export function limitPerAccount({
  perAccount,
  perAddress,
}: AccountLimits): MiddlewareHandler<{ Bindings: HttpBindings; Variables: { account: AccountInBrowser } }> {
  const windowMilliseconds = 5 * 60_000;
  const [accounts, addresses] = [perAccount, perAddress].map(
    (limit) => new RateLimit({ limit, windowMilliseconds }),
  ) as [RateLimit, RateLimit];
  return async (c, next) => {
    const address = rateLimitKey(clientAddress(c.env.incoming));
    countAttempt({ limit: accounts, key: c.get('account').id }, { limit: addresses, key: address });
    await next();
  };
}
