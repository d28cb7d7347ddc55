import { type Context, Hono } from 'hono';
import type { AccountEnvironment } from '../accounts/account-api.ts';
import { requireConfirmation } from '../accounts/confirmation.ts';
import type { AccountLinks } from '../accounts/mail/account-links.ts';
import { HttpError } from '../errors.ts';
import { readJsonObject } from '../http/json-body.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import { maximumLabelLength, parseKeyLabel } from './key-label.ts';
import {
  keyLifetime,
  maximumUses,
  maximumWorkingKeys,
  type NewRegistrationKey,
  type RegistrationKeyRecord,
  type RegistrationKeys,
} from './registration-keys.ts';

/** `/api/account/registration-keys`: those of the workspaces that the account owns, and `POST create | revoke`. */
export function registrationKeysApi(
  keys: RegistrationKeys,
  workspaces: Workspaces,
  links: AccountLinks,
): Hono<AccountEnvironment> {
  const api = new Hono<AccountEnvironment>();

  api.get('/', async (c) => {
    const owned = await workspaces.ownedBy(c.get('account'));
    const all = await keys.list(owned.map(({ id }) => id));
    return c.json({ workspaces: owned, keys: all.map(representation) });
  });

  // Whoever uses an unattended session must not leave with something that works for weeks.
  api.post('/create', requireConfirmation, async (c) => {
    const account = c.get('account');
    const created = await keys.create(account, parseNewKey(await readJsonObject(c)));
    if ('key' in created) {
      links.tell(account, 'registration_key_made');
      return c.json({ key: created.key });
    }
    if (created.refused === 'not_an_owner') {
      throw new HttpError(
        403,
        'not_an_owner',
        'Only an owner of a workspace can make registration keys for it.',
      );
    }
    throw new HttpError(
      409,
      'too_many_keys',
      `A workspace has at most ${maximumWorkingKeys} keys that work. Revoke one that is not needed.`,
    );
  });

  api.post('/revoke', async (c) => {
    const owned = await workspaces.ownedBy(c.get('account'));
    const workspaceIds = owned.map(({ id }) => id);
    if (!(await keys.revoke(await idIn(c), workspaceIds))) {
      throw new HttpError(404, 'unknown_key', 'This key was revoked already.');
    }
    return c.json({ revoked: true });
  });

  return api;
}

/** @throws {HttpError} 400 */
function parseNewKey({
  workspace,
  label,
  lifetime_seconds,
  uses,
}: Record<string, unknown>): NewRegistrationKey {
  const parsedLabel = typeof label === 'string' ? parseKeyLabel(label) : undefined;
  if (parsedLabel === undefined) {
    throw new HttpError(
      400,
      'invalid_label',
      `A label has 1 to ${maximumLabelLength} characters, and none that cannot be seen.`,
    );
  }
  const { shortest, longest } = keyLifetime;
  if (
    typeof workspace !== 'string' ||
    !isWhole(lifetime_seconds, shortest, longest) ||
    !isWhole(uses, 1, maximumUses)
  ) {
    throw new HttpError(
      400,
      'invalid_request',
      `The body must have workspace (its ID), label, lifetime_seconds (${shortest} to ${longest}) and uses (1 to ${maximumUses}).`,
    );
  }
  return { workspaceId: workspace, label: parsedLabel, lifetimeSeconds: lifetime_seconds, uses };
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

async function idIn(c: Context<AccountEnvironment>): Promise<string> {
  const { id } = await readJsonObject(c);
  if (typeof id !== 'string')
    throw new HttpError(400, 'invalid_request', 'The body must have the id of a registration key.');
  return id;
}

function representation(key: RegistrationKeyRecord) {
  return {
    id: key.id,
    workspace: key.workspaceId,
    label: key.label,
    made_by: key.madeBy,
    created_at: new Date(key.createdAt).toISOString(),
    expires_at: new Date(key.expiresAt).toISOString(),
    uses_allowed: key.usesAllowed,
    uses: key.uses,
    last_used_at: key.lastUsedAt === null ? null : new Date(key.lastUsedAt).toISOString(),
    state: key.state,
  };
}
