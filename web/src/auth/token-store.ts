import { AuthError } from './errors.ts';
import { parseIssuer } from './issuer.ts';

// Power of this file: it holds a person's tokens, in localStorage so that they survive a restart. A copy of them is
// useless without the session's DPoP key, which cannot leave this browser (see dpop-key.ts).

/** One person's access to one instance. */
export interface StoredSession {
  issuer: string;
  clientId: string;
  /** `<issuer>/instances/<client_id of the instance>`, the audience of the access token (RFC 8707). */
  resource: string;
  accessToken: string;
  /** Absent in sessions of before this was kept, until their next renewal. */
  accessTokenIssuedAt?: number | undefined;
  /** Milliseconds since the epoch, by this device's clock; so are the other instants. */
  accessTokenExpiresAt: number;
  refreshToken: string;
  /** The earlier of the idle and the absolute end. */
  refreshTokenExpiresAt: number;
  /** Rotation never moves it. */
  refreshTokenAbsoluteExpiresAt: number;
  dpopKeyId: string;
  signedInAt: number;
}

/** Why the last session ended, in words for a person. */
export interface SignedOutReason {
  code: string;
  message: string;
}

/** What this browser knows about a person's access to one instance. */
export interface SessionRecord {
  session: StoredSession | undefined;
  /** Absent after a deliberate sign-out. */
  signedOutReason: SignedOutReason | undefined;
}

const sessionPrefix = 'holdfast.session.';
const reasonPrefix = 'holdfast.signed-out-reason.';
const nothing: SessionRecord = { session: undefined, signedOutReason: undefined };

const listeners = new Set<() => void>();
const parsed = new Map<string, { session: string | null; reason: string | null; record: SessionRecord }>();

/**
 * Reads what is stored for the instance at `baseUrl`. An entry that cannot be used is dropped, with a reason. The
 * same object is returned until something changes.
 */
export function readSession(baseUrl: string): SessionRecord {
  let session: string | null;
  let reason: string | null;
  try {
    session = localStorage.getItem(sessionPrefix + baseUrl);
    reason = localStorage.getItem(reasonPrefix + baseUrl);
  } catch {
    return nothing;
  }
  const known = parsed.get(baseUrl);
  if (known && known.session === session && known.reason === reason) return known.record;
  const record = parseRecord(session, reason);
  if (session !== null && record.session === undefined) {
    write(baseUrl, record);
    return readSession(baseUrl);
  }
  parsed.set(baseUrl, { session, reason, record });
  return record;
}

/**
 * Stores a session in place of whatever was stored for the instance.
 *
 * @throws {AuthError} `storage-unavailable`
 */
export function saveSession(baseUrl: string, session: StoredSession): void {
  try {
    write(baseUrl, { session, signedOutReason: undefined });
  } catch (cause) {
    throw new AuthError(
      'storage-unavailable',
      'This browser does not let the page keep your sign-in. Allow site data for this address and make sure that the disk is not full, then try again.',
      { cause },
    );
  }
  notify();
}

/** Forgets the session; with a reason when it ended by itself. */
export function endSession(baseUrl: string, signedOutReason?: SignedOutReason): void {
  write(baseUrl, { session: undefined, signedOutReason });
  notify();
}

/** Base URLs of all instances for which a session is stored. */
export function sessionBaseUrls(): string[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(sessionPrefix))
      .map((key) => key.slice(sessionPrefix.length));
  } catch {
    return [];
  }
}

/** Calls the listener whenever a session may have changed, in this tab or in another one. Returns how to stop. */
export function subscribeToSessions(listener: () => void): () => void {
  const onStorage = ({ key }: StorageEvent) => {
    // A null key says that the whole storage was cleared.
    if (key === null || key.startsWith(sessionPrefix) || key.startsWith(reasonPrefix)) listener();
  };
  listeners.add(listener);
  window.addEventListener('storage', onStorage);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', onStorage);
  };
}

function notify(): void {
  for (const listener of listeners) listener();
}

function write(baseUrl: string, { session, signedOutReason }: SessionRecord): void {
  if (session) localStorage.setItem(sessionPrefix + baseUrl, JSON.stringify(session));
  else localStorage.removeItem(sessionPrefix + baseUrl);
  localStorage.removeItem(reasonPrefix + baseUrl);
  if (signedOutReason) localStorage.setItem(reasonPrefix + baseUrl, JSON.stringify(signedOutReason));
}

function parseRecord(sessionText: string | null, reasonText: string | null): SessionRecord {
  if (sessionText === null) return { session: undefined, signedOutReason: readReason(reasonText) };
  const session = parseJson(sessionText);
  if (isStoredSession(session)) return { session, signedOutReason: undefined };
  return {
    session: undefined,
    signedOutReason: {
      code: 'damaged-session',
      message: 'The sign-in that this browser had kept was damaged and has been removed. Sign in again.',
    },
  };
}

function readReason(text: string | null): SignedOutReason | undefined {
  const reason = text === null ? undefined : parseJson(text);
  if (!isObject(reason) || typeof reason.code !== 'string' || typeof reason.message !== 'string')
    return undefined;
  return { code: reason.code, message: reason.message };
}

function isStoredSession(value: unknown): value is StoredSession {
  if (!isObject(value)) return false;
  const { issuer, clientId, resource, accessToken, refreshToken, dpopKeyId } = value;
  const texts = [issuer, clientId, resource, accessToken, refreshToken, dpopKeyId];
  const { accessTokenIssuedAt = 0, accessTokenExpiresAt, signedInAt } = value;
  const { refreshTokenExpiresAt, refreshTokenAbsoluteExpiresAt } = value;
  const instants = [
    ...[accessTokenIssuedAt, accessTokenExpiresAt, signedInAt],
    ...[refreshTokenExpiresAt, refreshTokenAbsoluteExpiresAt],
  ];
  return (
    texts.every((text) => typeof text === 'string' && text !== '') &&
    instants.every((instant) => Number.isFinite(instant)) &&
    isTrustedIssuer(issuer)
  );
}

function isTrustedIssuer(issuer: unknown): boolean {
  try {
    parseIssuer(String(issuer));
    return true;
  } catch {
    return false;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
