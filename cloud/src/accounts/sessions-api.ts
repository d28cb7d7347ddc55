import { Hono } from 'hono';
import { HttpError } from '../errors.ts';
import { readJsonObject } from '../http/json-body.ts';
import type { AccountEnvironment } from './account-api.ts';
import type { AccountSessions } from './account-sessions.ts';

/** `/api/account/sessions`: the list, and `POST end | end-others`. */
export function sessionsApi(sessions: AccountSessions): Hono<AccountEnvironment> {
  const api = new Hono<AccountEnvironment>();

  api.get('/', async (c) => {
    const { id, sessionId } = c.get('account');
    const all = await sessions.of(id);
    return c.json({ sessions: all.map((session) => ({ ...session, current: session.id === sessionId })) });
  });

  api.post('/end', async (c) => {
    const { session_id: sessionId } = await readJsonObject(c);
    if (typeof sessionId !== 'string') {
      throw new HttpError(400, 'invalid_request', 'The body must be {"session_id": "<session ID>"}.');
    }
    if (!(await sessions.end(c.get('account').id, sessionId))) {
      throw new HttpError(404, 'unknown_session', 'This session has already ended.');
    }
    return c.json({ ended: 1 });
  });

  api.post('/end-others', async (c) => {
    return c.json({ ended: await sessions.endOthers(c.get('account')) });
  });

  return api;
}
