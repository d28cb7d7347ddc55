import { randomBytes } from 'node:crypto';
import type { EndedAccess } from '../access/ended-access.ts';
import { AccessError } from '../access/errors.ts';
import type { SigningKeys } from '../access/token-verification.ts';
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { NoticeBoard } from '../notices.ts';
import { backOffMilliseconds } from './back-off.ts';
import { CloudUnreachableError, CredentialsRefusedError, unreachableMessage } from './errors.ts';
import type { InstanceApi } from './ownership.ts';
import { readSecurityEvent } from './security-event.ts';

export interface SecurityEventPollOptions {
  readonly api: InstanceApi;
  readonly keys: SigningKeys;
  readonly issuer: string;
  /** Of this instance; one that nobody claimed may get another while it runs. */
  readonly clientId: () => string | undefined;
  /** Acts upon an event; what it throws lets the event come again. */
  readonly onEnded: (ended: EndedAccess) => void;
  /** Called whenever the cloud has told everything that it had to tell. */
  readonly onContact: () => void;
  /** Called when the cloud says that another run of this instance began then, and with undefined when it says so no more. */
  readonly onOtherRun: (since: Date | undefined) => void;
  readonly notices: NoticeBoard;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Below the issuer. */
export const securityEventsPath = '/api/instance/events';

const mostEvents = 100;
/** The cloud answers sooner, also when nothing happens. */
const timeoutMilliseconds = 40_000;
/** The end of the year 9999. */
const latestSeconds = 253_402_300_799;
/** A cloud that answers at once without news is not asked again and again. */
const shortestTurnMilliseconds = 1_000;
/** One line that breaks is nothing to speak of. */
const failuresUntilNotice = 2;

/** What has to be said about the events of a turn. */
interface Answered {
  readonly ack: readonly string[];
  readonly setErrs: Readonly<Record<string, { readonly err: string }>>;
}

interface Turn extends Answered {
  /** Since when another run of this instance is there, in seconds since the epoch. */
  readonly otherRunSince: number | undefined;
  /** The cloud has nothing more to tell for now. */
  readonly isAll: boolean;
}

/**
 * Asks the cloud for security events, one request after the other, until the signal aborts; never rejects. An event is
 * acknowledged with the request after the one that brought it, once it was acted upon. By a name that nobody can guess and
 * no copy of the data directory holds, the cloud knows this run of the instance from others, which get each event as well.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8936#section-2 RFC 8936 section 2}
 */
export async function pollSecurityEvents(options: SecurityEventPollOptions): Promise<void> {
  const { clock, notices, onContact, onOtherRun, random, signal } = options;
  const run = randomBytes(16).toString('base64url');
  let answered: Turn = { ack: [], setErrs: {}, isAll: false, otherRunSince: undefined };
  let failures = 0;
  // What was missed is asked for, not waited for.
  let isLineNew = true;
  while (!signal.aborted) {
    const begunAt = clock.now();
    let wait: number;
    try {
      const turn = await pollOnce(options, answered, { run, returnImmediately: isLineNew });
      if (turn.otherRunSince !== answered.otherRunSince) onOtherRun(dateOf(turn.otherRunSince));
      answered = turn;
      if (answered.isAll) onContact();
      if (failures >= failuresUntilNotice) notices.clear('CLOUD_UNREACHABLE');
      failures = 0;
      const isNews = isLineNew || answered.ack.length > 0;
      wait = isNews ? 0 : shortestTurnMilliseconds - (clock.now() - begunAt);
      isLineNew = false;
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      isLineNew = true;
      if (failures >= failuresUntilNotice) tell(error, options);
      wait = backOffMilliseconds(failures, random);
    }
    if (wait > 0) await clock.sleep(wait, signal).catch(() => undefined);
  }
}

async function pollOnce(
  options: SecurityEventPollOptions,
  { ack: acknowledged, setErrs: refused, otherRunSince: known }: Turn,
  how: { readonly run: string; readonly returnImmediately: boolean },
): Promise<Turn> {
  const { api, issuer, clientId, keys, onEnded, logger } = options;
  const body = { ack: acknowledged, setErrs: refused, maxEvents: mostEvents, otherRunSince: known, ...how };
  const response = await api(securityEventsPath, { method: 'POST', body, timeoutMilliseconds });
  const { sets, ...rest } = await deliveryOf(response);
  const expected = { issuer, audience: clientId() };
  const ack: string[] = [];
  const setErrs: Record<string, { err: string }> = {};
  for (const [jti, token] of sets) {
    const ended = await readSecurityEvent(token, jti, expected, keys);
    if (ended) {
      onEnded(ended);
      ack.push(jti);
    } else {
      logger.warn({ jti: jti.slice(0, 64) }, 'the cloud delivered an event that this instance cannot use');
      setErrs[jti] = { err: 'invalid_request' };
    }
  }
  return { ack, setErrs, ...rest };
}

interface Delivery extends Pick<Turn, 'isAll' | 'otherRunSince'> {
  readonly sets: readonly [jti: string, token: string][];
}

async function deliveryOf(response: Response): Promise<Delivery> {
  const body: unknown = response.status === 200 ? await response.json().catch(() => undefined) : undefined;
  const { sets, moreAvailable, otherRunSince } = (
    typeof body === 'object' && body !== null ? body : {}
  ) as Readonly<Record<string, unknown>>;
  if (typeof sets !== 'object' || sets === null) {
    throw new CloudUnreachableError(
      `its answer about ended sign-ins makes no sense (HTTP status ${response.status})`,
    );
  }
  const delivered = Object.entries(sets).map(([jti, token]): [string, string] => [
    jti,
    typeof token === 'string' ? token : '',
  ]);
  return {
    sets: delivered.slice(0, mostEvents),
    isAll: !moreAvailable && delivered.length <= mostEvents,
    otherRunSince: isInstant(otherRunSince) ? otherRunSince : undefined,
  };
}

function isInstant(seconds: unknown): seconds is number {
  return Number.isSafeInteger(seconds) && (seconds as number) >= 0 && (seconds as number) <= latestSeconds;
}

function dateOf(seconds: number | undefined): Date | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1_000);
}

function tell(error: unknown, { notices, logger, issuer }: SecurityEventPollOptions): void {
  if (error instanceof CloudUnreachableError)
    notices.raise('CLOUD_UNREACHABLE', unreachableMessage(issuer, error.message));
  // The connection tells of refused credentials, and keys are asked for again.
  else if (!(error instanceof CredentialsRefusedError || error instanceof AccessError))
    logger.error(
      { err: describeError(error) },
      'asking the cloud for ended sign-ins failed for an unexpected reason',
    );
}
