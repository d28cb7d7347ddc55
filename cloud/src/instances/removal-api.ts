import { Hono } from 'hono';
import type { AccountEnvironment } from '../accounts/account-api.ts';
import { requireConfirmation } from '../accounts/confirmation.ts';
import type { AccountLinks } from '../accounts/mail/account-links.ts';
import { HttpError } from '../errors.ts';
import { readJsonObject } from '../http/json-body.ts';
import type { RemoveInstance } from './removal.ts';

/** `POST /api/account/instances/remove` with the `client_id` of an instance that the account is an owner of. */
export function removalApi(removeInstance: RemoveInstance, links: AccountLinks): Hono<AccountEnvironment> {
  const api = new Hono<AccountEnvironment>();
  api.post('/remove', requireConfirmation, async (c) => {
    const account = c.get('account');
    const { client_id: clientId } = await readJsonObject(c);
    if (typeof clientId !== 'string') {
      throw new HttpError(400, 'invalid_request', 'The body must have the client_id of an instance.');
    }
    if (!(await removeInstance(account, clientId))) {
      throw new HttpError(
        404,
        'unknown_instance',
        'No workspace that you own has this instance. Load the list again: it may be removed already.',
      );
    }
    links.tell(account, 'instance_removed');
    return c.json({ removed: true });
  });
  return api;
}
