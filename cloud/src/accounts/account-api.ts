import { Hono } from 'hono';
import { HttpError } from '../errors.ts';
import { readJsonObject } from '../http/json-body.ts';
import { assertFromOwnPage } from '../http/own-page.ts';
import type { AccountSessions } from './account-sessions.ts';
import type { AccountInBrowser, Accounts } from './accounts.ts';

export interface AccountApiContext {
  readonly issuer: string;
  readonly accounts: Accounts;
  readonly sessions: AccountSessions;
}

type AccountEnvironment = { Variables: { account: AccountInBrowser } };

/** `/api/account`: what a person who is signed in sees of their account and changes about it. */
export function accountApi({ issuer, accounts, sessions }: AccountApiContext): Hono<AccountEnvironment> {
  const api = new Hono<AccountEnvironment>();

  api.use(async (c, next) => {
    if (c.req.method !== 'GET') assertFromOwnPage(c, issuer);
    const account = await accounts.accountOf(c.req.raw.headers);
    if (!account) throw new HttpError(401, 'login_required', 'Sign in first.');
    c.set('account', account);
    await next();
  });

  api.get('/sessions', async (c) => {
    const { id, sessionId } = c.get('account');
    const all = await sessions.of(id);
    return c.json({ sessions: all.map((session) => ({ ...session, current: session.id === sessionId })) });
  });

  api.post('/sessions/end', async (c) => {
    const { session_id: sessionId } = await readJsonObject(c);
    if (typeof sessionId !== 'string') {
      throw new HttpError(400, 'invalid_request', 'The body must be {"session_id": "<session ID>"}.');
    }
    if (!(await sessions.end(c.get('account').id, sessionId))) {
      throw new HttpError(404, 'unknown_session', 'This session has already ended.');
    }
    return c.json({ ended: 1 });
  });

  api.post('/sessions/end-others', async (c) => {
    const { id, sessionId } = c.get('account');
    return c.json({ ended: await sessions.endOthers(id, sessionId) });
  });

  return api;
}
