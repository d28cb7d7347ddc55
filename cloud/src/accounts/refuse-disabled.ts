import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthMiddleware } from 'better-auth/api';
import { deleteSessionCookie } from 'better-auth/cookies';
import type { Database } from '../database/database.ts';
import { isDisabled } from './disabled-accounts.ts';

/**
 * Refuses accounts that are disabled, whichever way they sign in, once they have shown who they are: a plugin of
 * better-auth, the first of those that look at new sessions.
 */
export function refuseDisabled(database: Database) {
  return {
    id: 'holdfast-disabled',
    hooks: {
      after: [
        {
          matcher: () => true,
          handler: createAuthMiddleware(async (ctx) => {
            const { newSession, internalAdapter } = ctx.context;
            if (!newSession || !(await isDisabled(database, newSession.user.id))) return;
            // Nobody has seen the token of this session yet.
            await internalAdapter.deleteSession(newSession.session.token);
            deleteSessionCookie(ctx, true);
            ctx.context.setNewSession(null);
            throw new APIError('FORBIDDEN', {
              code: 'ACCOUNT_DISABLED',
              message: 'This account cannot be used at the moment. Ask whoever runs this cloud.',
            });
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin;
}
