import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { HttpError } from '../errors.ts';
import { assertFromOwnPage } from '../http/own-page.ts';
import type { RemoveInstance } from '../instances/removal.ts';
import { removalApi } from '../instances/removal-api.ts';
import type { RegistrationKeys } from '../registration-keys/registration-keys.ts';
import { registrationKeysApi } from '../registration-keys/registration-keys-api.ts';
import type { Workspaces } from '../workspaces/workspaces.ts';
import { limitPerAccount } from './account-limits.ts';
import type { AccountInBrowser, SignedInAccount } from './accounts.ts';
import { type ConfirmationContext, confirmationApi } from './confirmation.ts';
import { deletionApi } from './deletion-api.ts';
import type { AccountLinks } from './mail/account-links.ts';
import { emailApi } from './mail/email-api.ts';
import type { Passkeys } from './passkeys/passkeys.ts';
import { passkeysApi } from './passkeys/passkeys-api.ts';
import { passwordApi } from './password-api.ts';
import { secondFactorApi } from './second-factor/second-factor-api.ts';
import { sessionsApi } from './sessions-api.ts';

export interface AccountApiContext extends ConfirmationContext {
  readonly issuer: string;
  readonly links: AccountLinks;
  readonly passkeys: Passkeys;
  readonly registrationKeys: RegistrationKeys;
  readonly removeInstance: RemoveInstance;
  readonly workspaces: Workspaces;
  /** Deletes an account with everything that is its own. */
  readonly deleteAccount: (account: SignedInAccount) => Promise<void>;
}

export type AccountEnvironment = { Bindings: HttpBindings; Variables: { account: AccountInBrowser } };

/** `/api/account`: what a person who is signed in sees of their account and changes about it. */
export function accountApi(context: AccountApiContext): Hono<AccountEnvironment> {
  const { issuer, accounts, sessions, links, passkeys } = context;
  const api = new Hono<AccountEnvironment>();

  api.use(async (c, next) => {
    if (c.req.method !== 'GET') assertFromOwnPage(c, issuer);
    const account = await accounts.accountOf(c.req.raw.headers);
    if (!account) throw new HttpError(401, 'login_required', 'Sign in first.');
    c.set('account', account);
    await next();
  });
  const changes = limitPerAccount({ perAccount: 150, perAddress: 600 });
  api.use(async (c, next) => (c.req.method === 'GET' ? next() : changes(c, next)));
  // To judge and to hash a password takes a tenth of a second, whether or not it is right.
  const passwords = limitPerAccount({ perAccount: 20, perAddress: 60 });
  api.use('/password', passwords);
  api.use('/confirmation', passwords);
  api.route('/confirmation', confirmationApi(context));
  api.route('/deletion', deletionApi(context.deleteAccount));
  api.route('/email', emailApi(links));
  api.route('/instances', removalApi(context.removeInstance, links));
  api.route('/passkeys', passkeysApi(passkeys, links));
  api.route('/password', passwordApi(context));
  api.route('/registration-keys', registrationKeysApi(context.registrationKeys, context.workspaces, links));
  api.route('/second-factor', secondFactorApi(context));
  api.route('/sessions', sessionsApi(sessions));
  return api;
}
