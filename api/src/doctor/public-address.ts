import { createCloudFetch } from '../cloud-client/cloud-fetch.ts';
import { CloudUnreachableError } from '../cloud-client/errors.ts';
import type { CloudExaminationOptions } from './cloud.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const timeoutMilliseconds = 5_000;

/**
 * Opens the public address of an instance that runs, within 5 s, and looks whether it leads there.
 *
 * @param resource of the instance
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728#section-3 RFC 9728 section 3}
 */
export async function examinePublicAddress(
  publicUrl: string,
  resource: string,
  { fetch, now }: CloudExaminationOptions,
): Promise<Finding> {
  const carefulFetch = createCloudFetch({
    fetch,
    now,
    signal: new AbortController().signal,
    timeoutMilliseconds,
    onDate: () => undefined,
  });
  try {
    const response = await carefulFetch(`${publicUrl}/.well-known/oauth-protected-resource`);
    const metadata = (await response.json().catch(() => undefined)) as { resource?: unknown } | undefined;
    if (metadata?.resource === resource) return ok('Public address', `${publicUrl} leads to this instance.`);
    return problem(
      'Public address',
      `${publicUrl} leads to something else than this instance (HTTP status ${response.status}).`,
      'Let the proxy pass all requests on to the address on which the instance listens, with the Host that they came with.',
    );
  } catch (error) {
    if (!(error instanceof CloudUnreachableError)) throw error;
    // Others may be able to: names and certificates differ from network to network.
    return warning(
      'Public address',
      `${publicUrl} cannot be opened from here: ${error.message}.`,
      'Make sure that the proxy runs, and open that address where people use it.',
    );
  }
}
