import * as oauth from 'oauth4webapi';
import { CredentialsRefusedError, quoteReason } from './errors.ts';

/** What it means when the cloud answers the instance's own credentials with `cause`; undefined if it is no refusal. */
export function credentialsRefusal(
  cause: unknown,
  clientSecret: string,
): CredentialsRefusedError | undefined {
  if (!(cause instanceof oauth.ResponseBodyError || cause instanceof oauth.WWWAuthenticateChallengeError))
    return undefined;
  const description = cause instanceof oauth.ResponseBodyError ? cause.error_description || cause.error : '';
  return new CredentialsRefusedError(quoteReason(description, [clientSecret]) || 'it gave no reason', {
    cause,
  });
}
