import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthMiddleware } from 'better-auth/api';
import type { Database } from '../database/database.ts';
import { isDisabled } from './disabled-accounts.ts';
import { takeBackNewSession } from './new-session.ts';

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
            const { newSession } = ctx.context;
            if (!newSession || !(await isDisabled(database, newSession.user.id))) return;
            await takeBackNewSession(ctx);
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
