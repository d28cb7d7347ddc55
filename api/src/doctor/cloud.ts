import { describeClockDifference } from '../access/clock-difference.ts';
import { type CloudFetch, createCloudFetch, failureCodeOf } from '../cloud-client/cloud-fetch.ts';
import { discover } from '../cloud-client/discovery.ts';
import { CloudUnreachableError } from '../cloud-client/errors.ts';
import { processKeySetResponse } from '../cloud-client/key-set.ts';
import { isLoopbackName } from '../loopback.ts';
import { examineCredentials, type RegisteredInstance } from './credentials.ts';
import { type Finding, ok, problem, problemOf, warning } from './finding.ts';

const timeoutMilliseconds = 5_000;

export interface CloudExaminationOptions {
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Asks the cloud `issuer` for its metadata and its keys, 5 s each, and compares its clock with this machine's.
 *
 * @param instance that is registered there, whose credentials are tried
 */
export async function examineCloud(
  issuer: string,
  { fetch, now }: CloudExaminationOptions,
  instance?: RegisteredInstance,
): Promise<Finding[]> {
  const clocks: Finding[] = [];
  const cloudFetch = createCloudFetch({
    fetch,
    now,
    signal: new AbortController().signal,
    timeoutMilliseconds,
    onDate: (cloudTime, receivedAt) => clocks.push(judgeClock(cloudTime, receivedAt)),
  });
  return [...(await examineAnswers(issuer, cloudFetch, instance)), ...clocks.slice(0, 1)];
}

async function examineAnswers(
  issuer: string,
  cloudFetch: CloudFetch,
  instance: RegisteredInstance | undefined,
): Promise<Finding[]> {
  try {
    const metadata = await discover(issuer, cloudFetch);
    await processKeySetResponse(await cloudFetch(metadata.jwksUri));
    const answers = ok('Cloud', `${issuer} answers.`);
    return instance ? [answers, await examineCredentials(metadata, instance, cloudFetch)] : [answers];
  } catch (error) {
    if (!(error instanceof CloudUnreachableError)) throw error;
    const message = `${issuer} does not answer: ${error.message}.`;
    const isStopped = failureCodeOf(error.cause) === 'ECONNREFUSED';
    if (isStopped && isLoopbackName(new URL(issuer).hostname)) return [warning('Cloud', message, startIt)];
    const remedy = 'Make sure that it runs and can be reached from here, or name the right one with --cloud.';
    return [problem('Cloud', message, remedy)];
  }
}

/** The cloud of this machine is started together with the instance, and who is signed in goes on without it. */
const startIt = 'Start it with npm start, or alone with: npx holdfast-cloud serve';

function judgeClock(cloudTime: number, receivedAt: number): Finding {
  const difference = describeClockDifference('The clock of the cloud', cloudTime / 1_000, receivedAt / 1_000);
  return difference === undefined
    ? ok('Clock', `It agrees with that of the cloud, within ${secondsBetween(cloudTime, receivedAt)} s.`)
    : problemOf('Clock', { message: difference });
}

function secondsBetween(one: number, other: number): number {
  return Math.ceil(Math.abs(one - other) / 1_000);
}
