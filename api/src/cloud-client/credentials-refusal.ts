// A proxy before the cloud may refuse anybody, by a page or a challenge of its own. Only the cloud's own word counts: it
// shuts everybody out.

import { CredentialsRefusedError, quoteReason } from './errors.ts';

/**
 * What it means when the cloud answers the instance's own credentials with `response`, whose body stays unread; undefined
 * if it is no refusal by the cloud itself.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-5.2 RFC 6749 section 5.2}
 */
export async function credentialsRefusal(
  response: Response,
  clientSecret: string,
): Promise<CredentialsRefusedError | undefined> {
  if (response.status !== 400 && response.status !== 401) return undefined;
  const { error, error_description } = await errorOf(response);
  if (error !== 'invalid_client') return undefined;
  return new CredentialsRefusedError(
    quoteReason(error_description || error, [clientSecret]) || 'it gave no reason',
  );
}

/**
 * Whether the cloud itself refuses an access token with `response`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3.1 RFC 6750 section 3.1}
 */
export async function isTokenRefusal(response: Response): Promise<boolean> {
  return response.status === 401 && (await errorOf(response)).error === 'invalid_token';
}

async function errorOf(response: Response): Promise<{ error?: unknown; error_description?: unknown }> {
  const isJson = /^application\/json\s*(;|$)/i.test(response.headers.get('content-type') ?? '');
  const body: unknown = isJson
    ? await response
        .clone()
        .json()
        .catch(() => undefined)
    : undefined;
  return typeof body === 'object' && body !== null ? body : {};
}
