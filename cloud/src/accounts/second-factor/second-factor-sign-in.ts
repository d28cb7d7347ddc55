import { randomUUID } from 'node:crypto';
import type { BetterAuthPlugin } from 'better-auth';
import { APIError, createAuthEndpoint, createAuthMiddleware } from 'better-auth/api';
import { expireCookie, setSessionCookie } from 'better-auth/cookies';
import type { Database } from '../../database/database.ts';
import { attemptAll, takeBackAll } from '../../rate-limit.ts';
import { clientAddressHeader } from '../client-address-header.ts';
import { takeBackNewSession } from '../new-session.ts';
import type { OneTimeTokens } from '../one-time-tokens.ts';
import { expectPageKey } from '../page-key.ts';
import { passwordHashOf } from '../password-hash.ts';
import type { SecondFactorAttempts } from './second-factor-attempts.ts';
import type { SecondFactors } from './second-factors.ts';

/** How long a right password waits for the code. */
const patienceSeconds = 5 * 60;

/** How long a browser is known that has shown the second factor: as long as browsers keep a cookie. */
const knownBrowserSeconds = 400 * 24 * 60 * 60;

export interface SecondFactorSignInContext {
  readonly database: Database;
  readonly factors: SecondFactors;
  readonly tokens: OneTimeTokens;
  readonly attempts: SecondFactorAttempts;
}

/**
 * Asks for the second factor between the right password and the session, where one is on: a plugin of better-auth. The
 * password alone is answered with `{"second_factor_required": true}` and a cookie that only
 * `POST /api/auth/sign-in/second-factor` takes, with `{"code"}` and the page key of the first step. A browser that has shown
 * the code once keeps a cookie, which lets nobody in, but has wrong codes of others not counted against it.
 */
export function secondFactorSignIn({ database, factors, tokens, attempts }: SecondFactorSignInContext) {
  return {
    id: 'holdfast-second-factor',
    hooks: {
      after: [
        {
          matcher: ({ path }) => path === '/sign-in/email',
          handler: createAuthMiddleware(async (ctx) => {
            const { newSession, secret } = ctx.context;
            if (!newSession || !(await factors.isOn(newSession.user.id))) return undefined;
            await takeBackNewSession(ctx);
            const cookie = ctx.context.createAuthCookie('second_factor', { maxAge: patienceSeconds });
            const token = await tokens.issue('second_factor', newSession.user.id, patienceSeconds);
            const waiting = `${token}.${expectPageKey(ctx.headers)}`;
            await ctx.setSignedCookie(cookie.name, waiting, secret, cookie.attributes);
            return ctx.json({ second_factor_required: true });
          }),
        },
      ],
    },
    endpoints: {
      signInSecondFactor: createAuthEndpoint('/sign-in/second-factor', { method: 'POST' }, async (ctx) => {
        const { internalAdapter, secret } = ctx.context;
        const cookie = ctx.context.createAuthCookie('second_factor', { maxAge: patienceSeconds });
        const waiting = (await ctx.getSignedCookie(cookie.name, secret)) || '';
        const [token = '', pageKeyHash] = waiting.split('.');
        if (pageKeyHash !== expectPageKey(ctx.headers)) throw signInExpired();
        const accountId = await tokens.subjectOf('second_factor', token);
        if (accountId === undefined) throw signInExpired();

        const { code } = (ctx.body ?? {}) as { code?: unknown };
        const address = ctx.headers?.get(clientAddressHeader) ?? '';
        const knownBrowserCookie = ctx.context.createAuthCookie('known_browser', {
          maxAge: knownBrowserSeconds,
        });
        const known = (await ctx.getSignedCookie(knownBrowserCookie.name, secret)) || '';
        const [knownFor, knownBrowser] = known.split('.');
        const isKnown = knownFor === accountId && knownBrowser !== undefined;
        const counted = attempts.keysOf(accountId, address, code, isKnown ? knownBrowser : undefined);
        const secondsToWait = attemptAll(counted);
        if (secondsToWait > 0) throw tooManyAttempts(secondsToWait);
        if (typeof code !== 'string' || !(await factors.take(accountId, code))) {
          throw new APIError('UNAUTHORIZED', {
            code: 'WRONG_CODE',
            message: 'This code is wrong, or was used already.',
          });
        }
        takeBackAll(counted);
        const passwordHash = await passwordHashOf(database, accountId);
        const user = await internalAdapter.findUserById(accountId);
        if (!user || (await tokens.redeem('second_factor', token)) === undefined) throw signInExpired();
        const session = await internalAdapter.createSession(accountId);
        // Replaced after the token was redeemed, and before there was a session to end.
        if ((await passwordHashOf(database, accountId)) !== passwordHash) {
          await internalAdapter.deleteSession(session.token);
          throw signInExpired();
        }
        await setSessionCookie(ctx, { session, user });
        expireCookie(ctx, cookie);
        const nowKnown = isKnown ? known : `${accountId}.${randomUUID()}`;
        await ctx.setSignedCookie(knownBrowserCookie.name, nowKnown, secret, knownBrowserCookie.attributes);
        return ctx.json({ user: { id: user.id, name: user.name, email: user.email } });
      }),
    },
  } satisfies BetterAuthPlugin;
}

function signInExpired(): APIError {
  return new APIError('UNAUTHORIZED', {
    code: 'SIGN_IN_EXPIRED',
    message: 'The sign-in has waited too long for its code. Begin again with your password.',
  });
}

function tooManyAttempts(secondsToWait: number): APIError {
  return new APIError(
    'TOO_MANY_REQUESTS',
    { code: 'TOO_MANY_REQUESTS', message: `Too many wrong codes. Try again in ${secondsToWait} seconds.` },
    { 'Retry-After': String(secondsToWait) },
  );
}
