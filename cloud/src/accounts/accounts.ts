import { hash } from 'node:crypto';
import { type BetterAuthOptions, betterAuth } from 'better-auth';
import { APIError, createAuthMiddleware, isAPIError } from 'better-auth/api';
import { getMigrations } from 'better-auth/db/migration';
import type { Database } from '../database/database.ts';
import { preparedQuery } from '../database/prepared-query.ts';
import { HttpError } from '../errors.ts';
import { currentRequester } from '../http/requester.ts';
import type { Logger } from '../logger.ts';
import { withAccountTables } from './account-tables.ts';
import { clientAddressHeader } from './client-address-header.ts';
import { hashedSessionTokens, hashSessionToken } from './hashed-session-tokens.ts';
import type { Invites } from './invites.ts';
import type { AccountLinks } from './mail/account-links.ts';
import type { OneTimeTokens } from './one-time-tokens.ts';
import { expectPageKey, pageKeyHashIn } from './page-key.ts';
import { passkeySignIn } from './passkeys/passkey-sign-in.ts';
import type { Passkeys } from './passkeys/passkeys.ts';
import { passwordHashOf } from './password-hash.ts';
import { passwordHashing } from './password-hashing.ts';
import { passwordLength } from './password-strength.ts';
import { refuseDisabled } from './refuse-disabled.ts';
import { refuseReplacedPassword } from './refuse-replaced-password.ts';
import type { SecondFactorAttempts } from './second-factor/second-factor-attempts.ts';
import { secondFactorSignIn } from './second-factor/second-factor-sign-in.ts';
import type { SecondFactors } from './second-factor/second-factors.ts';
import { SessionCookie } from './session-cookie.ts';
import { assertSignUpFields } from './sign-up-fields.ts';
import { admitSignUp, type SignUpPolicy } from './sign-up-policy.ts';
import { withoutSessionToken } from './without-session-token.ts';

/** A person, as the rest of the cloud knows one. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

/** The account behind a session. */
export interface SignedInAccount extends Account {
  readonly sessionId: string;
  /** When the session began, in epoch seconds. */
  readonly authenticatedAt: number;
}

/** An account in one browser. */
export interface AccountInBrowser extends SignedInAccount {
  /** When the person has last shown who they are, by signing in or again; epoch milliseconds. */
  readonly confirmedAt: number;
}

/** Accounts and their sessions; the only place that knows better-auth. */
export interface Accounts {
  /** Answers a request to `/api/auth/*`. */
  readonly handle: (request: Request) => Promise<Response>;
  /** The account whose session cookie is in `headers`, with the page key that its session began with. */
  readonly accountOf: (headers: Headers) => Promise<AccountInBrowser | undefined>;
  /** An account that may be used: none that is disabled. */
  readonly find: (accountId: string) => Promise<Account | undefined>;
  /** Whether there is none. */
  readonly isEmpty: () => Promise<boolean>;
  readonly isPassword: (accountId: string, password: string) => Promise<boolean>;
  /** How a password is stored. */
  readonly hashPassword: (password: string) => Promise<string>;
}

export interface AccountsOptions {
  readonly issuer: string;
  readonly database: Database;
  /** Signs session cookies; a session token from the database alone is worth nothing. */
  readonly cookieSecret: string;
  readonly secondFactors: SecondFactors;
  readonly secondFactorAttempts: SecondFactorAttempts;
  readonly oneTimeTokens: OneTimeTokens;
  readonly links: AccountLinks;
  readonly passkeys: Passkeys;
  /** Whether an address has to be confirmed before its account is let in; needs a mail server. */
  readonly requiresVerification: boolean;
  readonly signUp: SignUpPolicy;
  readonly invites: Invites;
  readonly logger: Logger;
}

/** The endpoints of better-auth that are in use; its others (social login, e-mail, deletion, …) stay out of reach. */
export const accountEndpoints = [
  ['POST', '/api/auth/sign-in/passkey/options'],
  ['POST', '/api/auth/sign-in/passkey'],
  ['POST', '/api/auth/sign-up/email'],
  ['POST', '/api/auth/sign-in/email'],
  ['POST', '/api/auth/sign-in/second-factor'],
  ['POST', '/api/auth/sign-out'],
  ['GET', '/api/auth/get-session'],
] as const;

/** Opens the accounts in `database`, bringing better-auth's tables up to date. */
export async function openAccounts({
  issuer,
  database,
  cookieSecret,
  secondFactors,
  secondFactorAttempts,
  oneTimeTokens,
  links,
  passkeys,
  requiresVerification,
  signUp,
  invites,
  logger,
}: AccountsOptions): Promise<Accounts> {
  const isHttps = issuer.startsWith('https:');
  // Cookies do not know ports: two clouds on localhost would sign each other out under one name.
  const cookiePrefix = `holdfast-${hash('sha256', issuer, 'hex').slice(0, 8)}`;
  const sessionCookie = new SessionCookie(
    `${isHttps ? '__Secure-' : ''}${cookiePrefix}.session_token`,
    cookieSecret,
  );
  /** How to give back the invitation of a sign-up that is under way. */
  const invitesInUse = new WeakMap<object, () => Promise<void>>();
  const options = {
    appName: 'Holdfast',
    baseURL: issuer,
    basePath: '/api/auth',
    // Given as a list, because an environment variable could replace a single one.
    secrets: [{ version: 1, value: cookieSecret }],
    trustedOrigins: [issuer],
    database: hashedSessionTokens(database),
    // The time of the last use is written once a minute at most.
    session: {
      updateAge: 60,
      additionalFields: {
        confirmedAt: { type: 'date', required: false, input: false },
        pageKeyHash: { type: 'string', required: false, input: false, returned: false },
      },
    },
    plugins: [
      refuseDisabled(database),
      refuseReplacedPassword(database),
      secondFactorSignIn({
        database,
        factors: secondFactors,
        tokens: oneTimeTokens,
        attempts: secondFactorAttempts,
      }),
      passkeySignIn({ passkeys, links, requiresVerification }),
    ],
    emailAndPassword: {
      enabled: true,
      minPasswordLength: passwordLength.min,
      maxPasswordLength: passwordLength.max,
      password: {
        hash: async (password) => inItsWords(async () => passwordHashing.hash(password)),
        verify: async (given) => inItsWords(async () => passwordHashing.verify(given)),
      },
      // Then signing up is answered alike, whether or not the address has an account.
      requireEmailVerification: requiresVerification,
      onExistingUserSignUp: async ({ user }) => links.tellAlreadyThere(user),
    },
    emailVerification: {
      sendOnSignUp: requiresVerification,
      sendOnSignIn: requiresVerification,
      // Not better-auth's link, whose token is in the query and good for more than once.
      sendVerificationEmail: async ({ user }) => links.sendVerification(user),
    },
    hooks: {
      before: createAuthMiddleware(async ({ path, body, context, headers }) => {
        // Before anything is judged or made, not just before there is a session.
        if (path.startsWith('/sign-in/') || path.startsWith('/sign-up/')) expectPageKey(headers);
        if (path !== '/sign-up/email') return;
        await assertSignUpFields(body);
        const giveBack = await admitSignUp(signUp, invites, body);
        if (giveBack) invitesInUse.set(context, giveBack);
      }),
      after: createAuthMiddleware(async ({ path, context }) => {
        if (path === '/sign-up/email' && isAPIError(context.returned)) await invitesInUse.get(context)?.();
      }),
    },
    // http-server.ts counts attempts; better-auth's counter is shared by all servers of a process.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    advanced: {
      cookiePrefix,
      useSecureCookies: isHttps,
      defaultCookieAttributes: { sameSite: 'lax', httpOnly: true, secure: isHttps },
      // Without these, better-auth turns its origin checks off when NODE_ENV is “test”.
      disableOriginCheck: false,
      disableCSRFCheck: false,
    },
    databaseHooks: {
      session: {
        create: {
          // better-auth would keep the network of an IPv6 address only.
          before: async (session, ctx) => ({
            data: {
              ...session,
              ipAddress: ctx?.headers?.get(clientAddressHeader) ?? '',
              pageKeyHash: expectPageKey(ctx?.headers),
            },
          }),
        },
      },
    },
    // Otherwise better-auth writes refusals to the console, past the logger.
    onAPIError: { throw: true },
    logger: {
      level: 'warn',
      disableColors: true,
      log: (level, message) => logMessage(logger, level, message),
    },
  } satisfies BetterAuthOptions;

  const { runMigrations } = await getMigrations({ ...options, database: { db: database, type: 'sqlite' } });
  await runMigrations();
  const auth = betterAuth(options);

  async function accountOf(headers: Headers): Promise<AccountInBrowser | undefined> {
    const token = sessionCookie.tokenIn(headers);
    const pageKeyHash = pageKeyHashIn(headers);
    if (token === undefined || pageKeyHash === undefined) return undefined;
    // Not by better-auth's own `getSession`, which takes longer than everything else that a request does.
    const now = new Date().toISOString();
    const { rows } = await findSession(database, { tokenHash: hashSessionToken(token), pageKeyHash, now });
    const [session] = rows;
    if (!session) return undefined;
    const { createdAt, confirmedAt, ...account } = session;
    const authenticatedAt = Date.parse(createdAt);
    return {
      ...account,
      authenticatedAt: Math.floor(authenticatedAt / 1000),
      confirmedAt: Math.max(authenticatedAt, confirmedAt === null ? 0 : Date.parse(confirmedAt)),
    };
  }

  return {
    handle: async (request) => {
      // better-auth knows the cookie alone; of what is served of it, only this shows or does something by it.
      const asksForSession = new URL(request.url).pathname === '/api/auth/get-session';
      if (asksForSession && !(await accountOf(request.headers))) return Response.json(null);
      return withoutSessionToken(await auth.handler(request));
    },
    accountOf,
    find: async (accountId) => (await findAccount(database, { accountId })).rows[0],
    isEmpty: async () => (await findAnyAccount(database, {})).rows.length === 0,
    isPassword: async (accountId, password) => {
      const stored = await passwordHashOf(database, accountId);
      return stored === undefined ? false : passwordHashing.verify({ hash: stored, password });
    },
    hashPassword: passwordHashing.hash,
  };
}

/** Refuses as better-auth does, which else takes it for a failure of its own, after which no invitation is given back. */
async function inItsWords<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof HttpError) || error.status !== 503) throw error;
    throw new APIError('SERVICE_UNAVAILABLE', { code: error.code, message: error.message }, error.headers);
  }
}

const findAccount = preparedQuery((database, { accountId }: { readonly accountId: string }) =>
  withAccountTables(database)
    .selectFrom('user')
    .select(['id', 'email', 'name'])
    .where('id', '=', accountId)
    .where('id', 'not in', (query) => query.selectFrom('disabled_accounts').select('account_id')),
);

const findAnyAccount = preparedQuery((database, _none: object) =>
  withAccountTables(database).selectFrom('user').select('id').limit(1),
);

interface SessionKey {
  readonly tokenHash: string;
  readonly pageKeyHash: string;
  readonly now: string;
}

const findSession = preparedQuery((database, { tokenHash, pageKeyHash, now }: SessionKey) =>
  withAccountTables(database)
    .selectFrom('session')
    .innerJoin('user', 'user.id', 'session.userId')
    .select([
      'user.id',
      'user.email',
      'user.name',
      'session.id as sessionId',
      'session.createdAt',
      'session.confirmedAt',
    ])
    .where('session.token', '=', tokenHash)
    .where('session.pageKeyHash', '=', pageKeyHash)
    .where('session.expiresAt', '>', now)
    // A sign-in that was under way when the account was disabled has left a session.
    .where('user.id', 'not in', (query) => query.selectFrom('disabled_accounts').select('account_id')),
);

/** The message alone, and from where: the arguments may carry request bodies and e-mail addresses. */
function logMessage(logger: Logger, level: 'debug' | 'info' | 'warn' | 'error', message: string): void {
  logger[level]({ component: 'accounts', address: currentRequester()?.address }, message);
}
