import { Hono } from 'hono';
import { HttpError } from '../errors.ts';
import { readJsonObject } from '../http/json-body.ts';
import type { AccountEnvironment } from './account-api.ts';
import type { SignedInAccount } from './accounts.ts';
import { requireConfirmation } from './confirmation.ts';

/**
 * `POST /api/account/deletion` with the account's own address as `email`: the last question before all is gone.
 *
 * @param deleteAccount deletes the account with everything that is its own
 */
export function deletionApi(
  deleteAccount: (account: SignedInAccount) => Promise<void>,
): Hono<AccountEnvironment> {
  const api = new Hono<AccountEnvironment>();
  api.post('/', requireConfirmation, async (c) => {
    const account = c.get('account');
    const { email } = await readJsonObject(c);
    if (typeof email !== 'string' || email.trim().toLowerCase() !== account.email) {
      throw new HttpError(400, 'wrong_email', 'This is not the address of the account.');
    }
    await deleteAccount(account);
    return c.json({ deleted: true });
  });
  return api;
}
