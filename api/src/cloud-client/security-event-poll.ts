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
  /** The cloud has nothing more to tell for now. */
  readonly isAll: boolean;
}

/**
 * Asks the cloud for security events, one request after the other, until the signal aborts; never rejects. An event is
 * acknowledged with the request after the one that brought it, once it was acted upon.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8936#section-2 RFC 8936 section 2}
 */
export async function pollSecurityEvents(options: SecurityEventPollOptions): Promise<void> {
  const { clock, notices, onContact, random, signal } = options;
  let answered: Turn = { ack: [], setErrs: {}, isAll: false };
  let failures = 0;
  // What was missed is asked for, not waited for.
  let isLineNew = true;
  while (!signal.aborted) {
    const begunAt = clock.now();
    let wait: number;
    try {
      answered = await pollOnce(options, answered, isLineNew);
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
  answered: Answered,
  returnImmediately: boolean,
): Promise<Turn> {
  const { api, issuer, clientId, keys, onEnded, logger } = options;
  const { ack: acknowledged, setErrs: refused } = answered;
  const body = { ack: acknowledged, setErrs: refused, maxEvents: mostEvents, returnImmediately };
  const response = await api(securityEventsPath, { method: 'POST', body, timeoutMilliseconds });
  const { sets, isAll } = await deliveryOf(response);
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
  return { ack, setErrs, isAll };
}

async function deliveryOf(response: Response): Promise<{ sets: [string, string][]; isAll: boolean }> {
  const body: unknown = response.status === 200 ? await response.json().catch(() => undefined) : undefined;
  const sets = typeof body === 'object' && body !== null && 'sets' in body ? body.sets : undefined;
  if (typeof sets !== 'object' || sets === null) {
    throw new CloudUnreachableError(
      `its answer about ended sign-ins makes no sense (HTTP status ${response.status})`,
    );
  }
  const delivered = Object.entries(sets).map(([jti, token]): [string, string] => [
    jti,
    typeof token === 'string' ? token : '',
  ]);
  const hasMore = typeof body === 'object' && body !== null && 'moreAvailable' in body && body.moreAvailable;
  return { sets: delivered.slice(0, mostEvents), isAll: !hasMore && delivered.length <= mostEvents };
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
