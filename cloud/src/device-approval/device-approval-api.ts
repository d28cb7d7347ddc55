import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import type { AccountInBrowser } from '../accounts/accounts.ts';
import { HttpError } from '../errors.ts';
import { clientAddress } from '../http/client-address.ts';
import { readJsonObject } from '../http/json-body.ts';
import { NetworkLimit } from '../http/network-limit.ts';
import { assertFromOwnPage } from '../http/own-page.ts';
import { maximumNameLength, parseInstanceName } from '../instances/instance-name.ts';
import { attemptAll, type CountedKey, RateLimit } from '../rate-limit.ts';
import {
  type Binding,
  type DeviceApproval,
  type DeviceRequest,
  type Evidence,
  unknownCode,
} from './device-approval.ts';
import { displayUserCode, normalizeUserCode } from './user-code.ts';

export interface DeviceApprovalApiContext {
  readonly issuer: string;
  readonly deviceApproval: DeviceApproval;
  readonly accountOf: (headers: Headers) => Promise<AccountInBrowser | undefined>;
}

type AccountEnvironment = { Bindings: HttpBindings; Variables: { account: AccountInBrowser } };

/**
 * `POST /api/device/lookup | approve | deny`. They act for who is signed in, so each request must come from the cloud's
 * own pages: an exact `Origin`, and a content type that no form can send across origins.
 */
export function deviceApprovalApi(context: DeviceApprovalApiContext): Hono<AccountEnvironment> {
  const { issuer, deviceApproval, accountOf } = context;
  const api = new Hono<AccountEnvironment>();
  const wrongCodes = wrongCodeLimits();

  api.use(async (c, next) => {
    assertFromOwnPage(c, issuer);
    const account = await accountOf(c.req.raw.headers);
    if (!account) throw new HttpError(401, 'login_required', 'Sign in first.');
    c.set('account', account);
    await next();
  });

  async function withUserCode<Answer>(
    c: Context<AccountEnvironment>,
    use: (userCode: string, body: Readonly<Record<string, unknown>>) => Promise<Answer>,
  ): Promise<Answer> {
    const account = c.get('account');
    const body = await readJsonObject(c);
    // What a page shows to one account must not be done as another, whose cookie has come in between.
    if (body.account_id !== undefined && body.account_id !== account.id) {
      throw new HttpError(
        409,
        'account_changed',
        'Another account has signed in since this page was opened. Load the page again.',
      );
    }
    if (typeof body.user_code !== 'string') {
      throw new HttpError(
        400,
        'invalid_request',
        'The body must have a user_code, as shown where you sign in.',
      );
    }
    // Counted before the code is judged, or many at once would all be judged; what was right is taken back.
    const counted = wrongCodes(account, clientAddress(c.env.incoming));
    const secondsToWait = attemptAll(counted);
    if (secondsToWait > 0) throw tooManyWrongCodes(secondsToWait);
    let isWrong = false;
    try {
      const userCode = normalizeUserCode(body.user_code);
      if (userCode === undefined) throw unknownCode();
      return await use(userCode, body);
    } catch (error) {
      isWrong = error instanceof HttpError && error.code === 'invalid_user_code';
      throw error;
    } finally {
      if (!isWrong) for (const { limit, key } of counted) limit.takeBack(key);
    }
  }

  api.post('/lookup', async (c) =>
    withUserCode(c, async (userCode) => {
      const request = await deviceApproval.lookUp(userCode);
      const isForeign = await deviceApproval.isForeign(request.instance, c.get('account'));
      const binding = await deviceApproval.bindingOf(request, c.get('account'));
      const knownOrigins = isForeign ? [] : await deviceApproval.knownOriginsOf(request, c.get('account'));
      return c.json(representation(request, { isForeign, binding, knownOrigins }));
    }),
  );

  api.post('/approve', async (c) =>
    withUserCode(c, async (userCode, body) => {
      await deviceApproval.approve(userCode, c.get('account'), {
        evidence: evidenceIn(body),
        instanceName: instanceNameIn(body),
      });
      return c.json({ decision: 'approved' });
    }),
  );

  api.post('/deny', async (c) =>
    withUserCode(c, async (userCode) => {
      await deviceApproval.deny(userCode, c.get('account'));
      return c.json({ decision: 'denied' });
    }),
  );

  return api;
}

function instanceNameIn({ instance_name: name }: Readonly<Record<string, unknown>>): string | null {
  if (name === undefined || name === null) return null;
  const parsedName = typeof name === 'string' ? parseInstanceName(name) : undefined;
  if (parsedName === undefined) {
    throw new HttpError(
      400,
      'invalid_request',
      `An instance name has 1 to ${maximumNameLength} characters, and none that cannot be seen.`,
    );
  }
  return parsedName;
}

/**
 * RFC 8628 section 5.1: a code has 34 bits, so guessing must be slow, for a session, for an account, and for an address
 * with many accounts. Right codes cost nothing.
 */
function wrongCodeLimits(): (account: AccountInBrowser, address: string) => CountedKey[] {
  const windowMilliseconds = 5 * 60_000;
  const perSession = new RateLimit({ limit: 10, windowMilliseconds });
  const perAccount = new RateLimit({ limit: 20, windowMilliseconds });
  const perAddress = new NetworkLimit({ limit: 60, windowMilliseconds });
  return ({ id, sessionId }, address) => [
    { limit: perSession, key: sessionId },
    { limit: perAccount, key: id },
    ...perAddress.keysOf(address),
  ];
}

function evidenceIn({ proof, match_code: matchCode }: Readonly<Record<string, unknown>>): Evidence {
  if (typeof proof === 'string') return { proof };
  if (typeof matchCode === 'string' && /^\d{2}$/.test(matchCode)) return { matchCode };
  throw new HttpError(
    400,
    'match_code_required',
    'Enter the match code: the two digits that the page shows where the sign-in began.',
  );
}

/** What somebody else called their instance, and where they use it, is not told to strangers: only that it is not theirs. */
function representation(
  request: DeviceRequest,
  {
    isForeign,
    binding,
    knownOrigins,
  }: { isForeign: boolean; binding: Binding | undefined; knownOrigins: readonly string[] },
) {
  const { instance, requestedFrom } = request;
  return {
    user_code: displayUserCode(request.userCode),
    requested_at: isoInstant(request.requestedAt),
    expires_at: isoInstant(request.expiresAt),
    requested_from: {
      address: requestedFrom.address,
      user_agent: requestedFrom.userAgent,
      origin: requestedFrom.origin,
    },
    instance: {
      client_id: instance.clientId,
      name: isForeign ? null : (instance.name ?? instance.clientName),
      claimed: instance.owner !== null,
      foreign: isForeign,
      registered_at: new Date(instance.registeredAt).toISOString(),
      known_origins: knownOrigins,
    },
    binding: binding ?? null,
  };
}

function isoInstant(epochSeconds: number): string {
  return new Date(epochSeconds * 1000).toISOString();
}

function tooManyWrongCodes(secondsToWait: number): HttpError {
  return new HttpError(
    429,
    'too_many_attempts',
    `Too many wrong codes. Try again in ${Math.ceil(secondsToWait / 60)} minutes.`,
    { 'Retry-After': String(secondsToWait) },
  );
}
