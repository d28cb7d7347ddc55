import {
  browserSupportsWebAuthn,
  startAuthentication,
  startRegistration,
  WebAuthnError,
} from '@simplewebauthn/browser';
import {
  addPasskey,
  passkeyCreationOptions,
  passkeySignInOptions,
  signInWithPasskey,
} from '../api/passkeys.ts';
import type { EntryStep } from '../api/session.ts';

/** Passkeys belong to a name: at an IP address there can be none. */
export function canUsePasskeys(): boolean {
  return browserSupportsWebAuthn() && !/^[\d.]+$|^\[/.test(location.hostname);
}

/** The browser's dialog was closed, or ran out of time. */
export class PasskeyCancelled extends Error {
  override readonly name = 'PasskeyCancelled';
}

/** The authenticator already has a passkey of this account. */
export class PasskeyKnown extends Error {
  override readonly name = 'PasskeyKnown';
}

/** @throws {CloudError} | {PasskeyCancelled} */
export async function enterWithPasskey(): Promise<EntryStep> {
  const optionsJSON = await passkeySignInOptions();
  const response = await startAuthentication({ optionsJSON }).catch(explain);
  return signInWithPasskey(response);
}

/** @throws {CloudError} | {PasskeyCancelled} | {PasskeyKnown} */
export async function createPasskey(name: string): Promise<void> {
  const optionsJSON = await passkeyCreationOptions();
  const response = await startRegistration({ optionsJSON }).catch(explain);
  await addPasskey({ name, response });
}

function explain(error: unknown): never {
  if (error instanceof WebAuthnError && error.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED') {
    throw new PasskeyKnown('This authenticator is known.', { cause: error });
  }
  if (error instanceof Error && (error.name === 'NotAllowedError' || error.name === 'AbortError')) {
    throw new PasskeyCancelled('Nobody answered the browser.', { cause: error });
  }
  throw error;
}
