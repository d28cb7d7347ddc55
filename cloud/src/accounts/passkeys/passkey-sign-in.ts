import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthEndpoint } from 'better-auth/api';
import { setSessionCookie } from 'better-auth/cookies';
import type { AccountLinks } from '../mail/account-links.ts';
import type { Passkeys } from './passkeys.ts';

export interface PasskeySignInContext {
  readonly passkeys: Passkeys;
  readonly links: AccountLinks;
  /** Whether an address has to be confirmed before its account is let in. */
  readonly requiresVerification: boolean;
}

/**
 * Signing in with a passkey, as a plugin of better-auth: `POST /api/auth/sign-in/passkey/options`, then
 * `POST /api/auth/sign-in/passkey` with the browser's answer as `response`. No second factor is asked for: the passkey
 * has verified the person.
 */
export function passkeySignIn({ passkeys, links, requiresVerification }: PasskeySignInContext) {
  return {
    id: 'holdfast-passkey',
    endpoints: {
      passkeySignInOptions: createAuthEndpoint('/sign-in/passkey/options', { method: 'POST' }, async (ctx) =>
        ctx.json(await passkeys.requestOptions()),
      ),
      signInPasskey: createAuthEndpoint('/sign-in/passkey', { method: 'POST' }, async (ctx) => {
        const { internalAdapter } = ctx.context;
        const { response } = (ctx.body ?? {}) as { response?: unknown };
        const used = await passkeys.take(response);
        const user = used ? await internalAdapter.findUserById(used.accountId) : null;
        if (!used || !user) throw unknownPasskey();
        if (requiresVerification && !user.emailVerified) {
          await links.sendVerification(user);
          throw notVerified();
        }
        const session = await internalAdapter.createSession(user.id);
        // Removed after it was used, and before there was a session to end.
        if (!(await passkeys.isThere(used))) {
          await internalAdapter.deleteSession(session.token);
          throw unknownPasskey();
        }
        await setSessionCookie(ctx, { session, user });
        return ctx.json({ user: { id: user.id, name: user.name, email: user.email } });
      }),
    },
  } satisfies BetterAuthPlugin;
}

function unknownPasskey(): APIError {
  return new APIError('UNAUTHORIZED', {
    code: 'UNKNOWN_PASSKEY',
    message: 'No account here has this passkey, or it was not used in time.',
  });
}

/** As better-auth refuses a right password. */
function notVerified(): APIError {
  return new APIError('FORBIDDEN', { code: 'EMAIL_NOT_VERIFIED', message: 'Email not verified' });
}
