import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/browser';
import { queryOptions } from '@tanstack/react-query';
import { cloudRequest, retryUnreachable } from './cloud-request.ts';
import type { EntryStep } from './session.ts';

/** A passkey of the account. Instants are ISO 8601. */
export interface Passkey {
  id: string;
  name: string;
  created_at: string;
  last_used_at: string | null;
}

export const passkeysQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['passkeys', accountId],
    queryFn: async ({ signal }) =>
      (await cloudRequest<{ passkeys: Passkey[] }>('/api/account/passkeys', { signal })).passkeys,
    retry: retryUnreachable,
  });

/** @throws {CloudError} `confirmation_required` */
export async function passkeyCreationOptions(): Promise<PublicKeyCredentialCreationOptionsJSON> {
  return cloudRequest('/api/account/passkeys/options', { body: {} });
}

/** @throws {CloudError} `confirmation_required`, `passkey_refused` */
export async function addPasskey(passkey: {
  name: string;
  response: RegistrationResponseJSON;
}): Promise<void> {
  await cloudRequest('/api/account/passkeys/add', { body: passkey });
}

/** @throws {CloudError} `unknown_passkey` */
export async function renamePasskey(passkey: { id: string; name: string }): Promise<void> {
  await cloudRequest('/api/account/passkeys/rename', { body: passkey });
}

/** @throws {CloudError} `confirmation_required`, `unknown_passkey` */
export async function removePasskey(id: string): Promise<void> {
  await cloudRequest('/api/account/passkeys/remove', { body: { id } });
}

export async function passkeySignInOptions(): Promise<PublicKeyCredentialRequestOptionsJSON> {
  return cloudRequest('/api/auth/sign-in/passkey/options', { body: {} });
}

/** @throws {CloudError} `UNKNOWN_PASSKEY` */
export async function signInWithPasskey(response: AuthenticationResponseJSON): Promise<EntryStep> {
  await cloudRequest('/api/auth/sign-in/passkey', { body: { response } });
  return 'entered';
}
