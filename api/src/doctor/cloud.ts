import { describeClockDifference } from '../access/clock-difference.ts';
import { createCloudFetch, failureCodeOf } from '../cloud-client/cloud-fetch.ts';
import { discover } from '../cloud-client/discovery.ts';
import { CloudUnreachableError } from '../cloud-client/errors.ts';
import { processKeySetResponse } from '../cloud-client/key-set.ts';
import { isLoopbackName } from '../loopback.ts';
import { type Finding, ok, problem, problemOf, warning } from './finding.ts';

const timeoutMilliseconds = 5_000;

export interface CloudExaminationOptions {
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Asks the cloud `issuer` for its metadata and its keys, 5 s each, and compares its clock with this machine's. */
export async function examineCloud(
  issuer: string,
  { fetch, now }: CloudExaminationOptions,
): Promise<Finding[]> {
  const clocks: Finding[] = [];
  const cloudFetch = createCloudFetch({
    fetch,
    now,
    signal: new AbortController().signal,
    timeoutMilliseconds,
    onDate: (cloudTime, receivedAt) => clocks.push(judgeClock(cloudTime, receivedAt)),
  });
  return [await examineMetadata(issuer, cloudFetch), ...clocks.slice(0, 1)];
}

async function examineMetadata(
  issuer: string,
  cloudFetch: ReturnType<typeof createCloudFetch>,
): Promise<Finding> {
  try {
    const { jwksUri } = await discover(issuer, cloudFetch);
    await processKeySetResponse(await cloudFetch(jwksUri));
    return ok('Cloud', `${issuer} answers.`);
  } catch (error) {
    if (!(error instanceof CloudUnreachableError)) throw error;
    const message = `${issuer} does not answer: ${error.message}.`;
    const isStopped = failureCodeOf(error.cause) === 'ECONNREFUSED';
    if (isStopped && isLoopbackName(new URL(issuer).hostname)) return warning('Cloud', message, startIt);
    return problem(
      'Cloud',
      message,
      'Make sure that it runs and can be reached from here, or name the right one with --cloud.',
    );
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
