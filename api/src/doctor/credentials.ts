import type { CloudFetch } from '../cloud-client/cloud-fetch.ts';
import type { CloudMetadata } from '../cloud-client/discovery.ts';
import { CloudUnreachableError, CredentialsRefusedError } from '../cloud-client/errors.ts';
import { introspect } from '../cloud-client/introspection.ts';
import type { Registration } from '../cloud-client/registration.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/** What the instance is to its cloud. */
export interface RegisteredInstance {
  readonly registration: Registration;
  /** Whether somebody owns it, or is about to. */
  readonly isClaimed: boolean;
}

/** No token: to be told that it does not count, one's own credentials must, and nothing changes by that. */
const noToken = 'none';

/** Looks whether the cloud still accepts the instance's own credentials, without which nobody can use it. */
export async function examineCredentials(
  metadata: CloudMetadata,
  { registration, isClaimed }: RegisteredInstance,
  cloudFetch: CloudFetch,
): Promise<Finding> {
  const { issuer } = registration;
  try {
    await introspect(metadata, registration, noToken, cloudFetch);
    return ok('Credentials', `${issuer} accepts those of this instance.`);
  } catch (error) {
    if (error instanceof CredentialsRefusedError) {
      const message = `${issuer} does not accept those of this instance: ${error.message}.`;
      return isClaimed
        ? problem('Credentials', message, startOver)
        : warning('Credentials', message, 'Start the instance: it registers anew by itself.');
    }
    if (!(error instanceof CloudUnreachableError)) throw error;
    return warning(
      'Credentials',
      `They could not be tried: ${error.message}.`,
      'Run holdfast doctor again in a moment.',
    );
  }
}

const startOver =
  'Nobody can use the instance so. If an owner has removed it there, start it with --reset-credentials and claim it anew; if the cloud lost its data, restore it from its backup.';
