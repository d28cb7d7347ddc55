import { queryOptions } from '@tanstack/react-query';
import { cloudRequest, retryUnreachable } from './cloud-request.ts';

export interface SecondFactorState {
  on: boolean;
  recovery_codes_left: number;
}

export const secondFactorQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['second-factor', accountId],
    queryFn: ({ signal }) => cloudRequest<SecondFactorState>('/api/account/second-factor', { signal }),
    retry: retryUnreachable,
  });

/** What an authenticator app needs: the secret in base 32, and the same as `otpauth:` URI for a QR code. */
export interface Enrolment {
  secret: string;
  uri: string;
}

/** @throws {CloudError} `confirmation_required`, `second_factor_on` */
export async function beginSecondFactor(): Promise<Enrolment> {
  return cloudRequest('/api/account/second-factor/begin', { body: {} });
}

/** Turns the second factor on and returns its recovery codes. @throws {CloudError} `wrong_code`, … */
export async function turnSecondFactorOn(code: string): Promise<string[]> {
  return recoveryCodesOf('/api/account/second-factor/on', { code });
}

/** Replaces the recovery codes and returns the new ones. @throws {CloudError} `confirmation_required` */
export async function renewRecoveryCodes(): Promise<string[]> {
  return recoveryCodesOf('/api/account/second-factor/recovery-codes', {});
}

async function recoveryCodesOf(path: string, body: unknown): Promise<string[]> {
  return (await cloudRequest<{ recovery_codes: string[] }>(path, { body })).recovery_codes;
}

/** @throws {CloudError} `confirmation_required` */
export async function turnSecondFactorOff(): Promise<void> {
  await cloudRequest('/api/account/second-factor/off', { body: {} });
}

/** A code where the second factor is on, else the password. */
export type IdentityProof = { password: string } | { code: string };

/** Shows the cloud again who the person is. @throws {CloudError} `wrong_code`, `wrong_password`, `too_many_requests` */
export async function confirmIdentity(proof: IdentityProof): Promise<void> {
  await cloudRequest('/api/account/confirmation', { body: proof });
}

/** Changes the password and ends all other sessions. @throws {CloudError} `confirmation_required`, `password_too_weak` */
export async function changePassword(password: string): Promise<void> {
  await cloudRequest('/api/account/password', { body: { password } });
}

/** Deletes the account for good; its own address says that this is meant. @throws {CloudError} `confirmation_required` */
export async function deleteAccount(email: string): Promise<void> {
  await cloudRequest('/api/account/deletion', { body: { email } });
}
