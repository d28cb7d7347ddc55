import type { createAuthMiddleware } from 'better-auth/api';
import { deleteSessionCookie } from 'better-auth/cookies';

type HookContext = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0];

/** Takes back the session that a sign-in has just created; nobody has seen its token yet. */
export async function takeBackNewSession(ctx: HookContext): Promise<void> {
  const { newSession, internalAdapter } = ctx.context;
  if (!newSession) return;
  await internalAdapter.deleteSession(newSession.session.token);
  deleteSessionCookie(ctx, true);
  ctx.context.setNewSession(null);
}
