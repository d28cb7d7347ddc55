import type { EndedAccess } from '../access/ended-access.ts';
import { parseCompactJws, verifyJws } from '../access/jws.ts';
import type { SigningKeys } from '../access/token-verification.ts';

const maxLength = 4_096;
const maxIdLength = 256;

/** The events that end access. @see {@link https://openid.net/specs/openid-caep-1_0-final.html CAEP section 3} */
const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';
const claimsChange = 'https://schemas.openid.net/secevent/caep/event-type/token-claims-change';

export interface EventExpectation {
  readonly issuer: string;
  /** The client ID of this instance, if it has one. */
  readonly audience: string | undefined;
}

/**
 * Reads a security event token; undefined when it is not one of this cloud for this instance, or about nothing that ends
 * access.
 *
 * @throws CloudUnreachableError when the keys could not be fetched
 * @see {@link https://www.rfc-editor.org/rfc/rfc8417#section-2 RFC 8417 section 2}
 */
export async function readSecurityEvent(
  token: string,
  jti: string,
  { issuer, audience }: EventExpectation,
  keys: SigningKeys,
): Promise<EndedAccess | undefined> {
  const jws = parseCompactJws(token, maxLength);
  const { typ, kid } = jws?.header ?? {};
  if (!jws || typ !== 'secevent+jwt' || typeof kid !== 'string' || kid.length > maxIdLength) return undefined;
  const key = await keys.findForCloud(kid);
  if (!key || !verifyJws(jws, key)) return undefined;
  const { payload } = jws;
  const isForUs = audience !== undefined && payload.aud === audience;
  const isOurs = payload.iss === issuer && isForUs && payload.jti === jti;
  const at = payload.iat;
  const events = payload.events;
  if (!isOurs || typeof at !== 'number' || !Number.isSafeInteger(at) || !isObject(events)) return undefined;
  if (Object.hasOwn(events, sessionRevoked)) return subjectOf(payload.sub_id, issuer, at);
  if (!Object.hasOwn(events, claimsChange)) return undefined;
  const subject = subjectOf(payload.sub_id, issuer, at);
  const role = roleIn(events[claimsChange]);
  return subject?.subject === 'account' && role !== undefined
    ? { subject: 'role', id: subject.id, role, at }
    : subject;
}

/** What tokens say from now on, if it is the role that has changed. */
function roleIn(event: unknown): string | undefined {
  const claims = isObject(event) ? event.claims : undefined;
  return isObject(claims) && isId(claims.role) ? claims.role : undefined;
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc9493#section-3.2 RFC 9493 section 3.2} */
function subjectOf(subject: unknown, issuer: string, at: number): EndedAccess | undefined {
  if (!isObject(subject)) return undefined;
  const { format, id, iss, sub } = subject;
  if (format === 'opaque' && isId(id)) return { subject: 'grant', id, at };
  if (format === 'iss_sub' && iss === issuer && isId(sub)) return { subject: 'account', id: sub, at };
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= maxIdLength;
}
