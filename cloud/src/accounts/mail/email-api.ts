import { Hono } from 'hono';
import type { AccountEnvironment } from '../account-api.ts';
import type { AccountLinks } from './account-links.ts';

/** `/api/account/email`: whether the address is confirmed, and `POST verification`, which sends the link for it. */
export function emailApi(links: AccountLinks): Hono<AccountEnvironment> {
  const api = new Hono<AccountEnvironment>();
  api.get('/', async (c) => c.json({ verified: await links.isVerified(c.get('account').id) }));
  api.post('/verification', async (c) => {
    await links.sendVerification(c.get('account'));
    return c.json({ requested: true });
  });
  return api;
}
