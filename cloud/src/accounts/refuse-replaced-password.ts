import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthMiddleware } from 'better-auth/api';
import type { Database } from '../database/database.ts';
import { withAccountTables } from './account-tables.ts';
import { takeBackNewSession } from './new-session.ts';
import { passwordHashOf } from './password-hash.ts';

/**
 * Refuses a sign-in whose password was replaced while it was judged, which takes a tenth of a second: who replaces a
 * password ends what was entered with the old one, and this was not there yet. A plugin of better-auth.
 */
export function refuseReplacedPassword(database: Database) {
  const hashes = new WeakMap<object, string | undefined>();
  const matcher = ({ path }: { path?: string }) => path === '/sign-in/email';
  return {
    id: 'holdfast-replaced-password',
    hooks: {
      before: [
        {
          matcher,
          handler: createAuthMiddleware(async ({ body, context }) => {
            const { email } = (body ?? {}) as { email?: unknown };
            if (typeof email === 'string') hashes.set(context, await hashOfAddress(database, email));
          }),
        },
      ],
      after: [
        {
          matcher,
          handler: createAuthMiddleware(async (ctx) => {
            const { newSession } = ctx.context;
            if (!newSession) return;
            const hash = await passwordHashOf(database, newSession.user.id);
            if (hash === hashes.get(ctx.context)) return;
            await takeBackNewSession(ctx);
            // As better-auth refuses a wrong one.
            throw new APIError('UNAUTHORIZED', {
              code: 'INVALID_EMAIL_OR_PASSWORD',
              message: 'Invalid email or password',
            });
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin;
}

async function hashOfAddress(database: Database, email: string): Promise<string | undefined> {
  const row = await withAccountTables(database)
    .selectFrom('user')
    .innerJoin('account', 'account.userId', 'user.id')
    .select('account.password')
    .where('user.email', '=', email.toLowerCase())
    .where('account.providerId', '=', 'credential')
    .executeTakeFirst();
  return row?.password ?? undefined;
}
