import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { clientAddress } from '../http/client-address.ts';
import { NetworkLimit } from '../http/network-limit.ts';
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
  const accounts = new RateLimit({ limit: perAccount, windowMilliseconds });
  const addresses = new NetworkLimit({ limit: perAddress, windowMilliseconds });
  return async (c, next) => {
    const ofNetworks = addresses.keysOf(clientAddress(c.env.incoming));
    countAttempt({ limit: accounts, key: c.get('account').id }, ...ofNetworks);
    await next();
  };
}
