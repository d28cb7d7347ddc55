import { type Context, Hono } from 'hono';
import { HttpError } from '../../errors.ts';
import { readJsonObject } from '../../http/json-body.ts';
import type { AccountEnvironment } from '../account-api.ts';
import { requireConfirmation } from '../confirmation.ts';
import type { AccountLinks } from '../mail/account-links.ts';
import type { Passkeys } from './passkeys.ts';

const maximumNameLength = 64;

/** `/api/account/passkeys`: the list, and `POST options | add | rename | remove`. */
export function passkeysApi(passkeys: Passkeys, links: AccountLinks): Hono<AccountEnvironment> {
  const api = new Hono<AccountEnvironment>();

  api.get('/', async (c) => {
    const all = await passkeys.of(c.get('account').id);
    return c.json({
      passkeys: all.map(({ id, name, createdAt, lastUsedAt }) => ({
        id,
        name,
        created_at: new Date(createdAt).toISOString(),
        last_used_at: lastUsedAt === null ? null : new Date(lastUsedAt).toISOString(),
      })),
    });
  });

  api.post('/options', requireConfirmation, async (c) =>
    c.json(await passkeys.creationOptions(c.get('account'))),
  );

  api.post('/add', requireConfirmation, async (c) => {
    const { name, response } = await readJsonObject(c);
    if (!(await passkeys.add(c.get('account'), goodName(name), response))) {
      throw new HttpError(400, 'passkey_refused', 'The passkey did not come from the right page in time.');
    }
    links.tell(c.get('account'), 'passkey_added');
    return c.json({ added: true });
  });

  api.post('/rename', async (c) => {
    const { id, name } = await withId(c);
    if (!(await passkeys.rename(c.get('account').id, id, goodName(name)))) throw unknownPasskey();
    return c.json({ renamed: true });
  });

  api.post('/remove', requireConfirmation, async (c) => {
    const { id } = await withId(c);
    if (!(await passkeys.remove(c.get('account').id, id))) throw unknownPasskey();
    return c.json({ removed: true });
  });

  return api;
}

async function withId(c: Context<AccountEnvironment>): Promise<{ id: string; name?: unknown }> {
  const { id, name } = await readJsonObject(c);
  if (typeof id !== 'string')
    throw new HttpError(400, 'invalid_request', 'The body must have the id of a passkey.');
  return { id, name };
}

function goodName(name: unknown): string {
  const trimmed = typeof name === 'string' ? name.trim() : '';
  if (trimmed === '' || trimmed.length > maximumNameLength || /\p{Cc}/u.test(trimmed)) {
    throw new HttpError(400, 'invalid_name', `A name has 1 to ${maximumNameLength} characters.`);
  }
  return trimmed;
}

function unknownPasskey(): HttpError {
  return new HttpError(404, 'unknown_passkey', 'This passkey was removed already.');
}
