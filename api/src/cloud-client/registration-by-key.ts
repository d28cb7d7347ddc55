// A registration key makes an instance somebody's at the moment of its registration: the answer says whose. That is
// believed only as the answer to a key that the instance presented itself, so no cloud takes an instance that presented
// none. Registration and owner are sealed in one step. What a crash can lose is the answer: the key is then used up. So it is
// written down before that the key is about to be presented, and as which attempt: for a while, the cloud lets who names it
// repeat the registration, and a refusal later on can say what has happened.

import { hash, randomBytes } from 'node:crypto';
import type * as oauth from 'oauth4webapi';
import type { InstanceClaim } from '../claim/claim-store.ts';
import type { SecretsStore } from '../secrets/secrets-store.ts';
import type { CloudFetch } from './cloud-fetch.ts';
import { deregister, deregistrationOf } from './deregistration.ts';
import type { CloudMetadata } from './discovery.ts';
import { CloudUnreachableError } from './errors.ts';
import { type OwnedRecord, parseInstanceRecord } from './ownership.ts';
import {
  presentationRecords,
  processRegistrationResponse,
  type Registration,
  requestRegistration,
} from './registration.ts';

/** A registration that made the instance somebody's. */
export interface OwnedRegistration extends Registration {
  readonly claim: InstanceClaim;
  readonly name: string | undefined;
}

/** The registration key led to nothing, and would not when it was presented again. */
export class RegistrationKeyRefusedError extends Error {
  override readonly name = 'RegistrationKeyRefusedError';
  readonly code = 'registration_key_refused';
}

export interface RegistrationByKeyContext {
  readonly softwareVersion: string;
  readonly cloudFetch: CloudFetch;
  readonly secrets: SecretsStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Registers the instance as one of the workspace that the key is of.
 *
 * @throws RegistrationKeyRefusedError, whose message is for people, or what `register` throws
 * @see {@link https://www.rfc-editor.org/rfc/rfc7591#section-3 RFC 7591 section 3}, initial access token
 */
export async function registerByKey(
  metadata: CloudMetadata,
  key: string,
  context: RegistrationByKeyContext,
): Promise<OwnedRegistration> {
  const { secrets, softwareVersion, cloudFetch } = context;
  const { issuer } = metadata.authorizationServer;
  const earlier = presentationOf(secrets, key);
  const attempt =
    earlier?.attempt ??
    (await notePresentation(secrets, key, earlier?.at ?? new Date(context.now()).toISOString()));
  const response = await requestRegistration(metadata, softwareVersion, cloudFetch, { key, attempt });
  // An answer, so nothing was lost of this presentation.
  if (response.status !== 201 && !earlier) await forgetPresentation(secrets);
  if (response.status === 401) {
    throw new RegistrationKeyRefusedError(refusal(issuer, earlier));
  }
  const { registration, client } = await processRegistrationResponse(issuer, response, [key, attempt]);
  const owned = ownedRecord(registration, client);
  if (owned) {
    const { workspace: id, workspaceName, claimedAt } = owned.owner;
    const workspace = { id, name: workspaceName };
    return { ...registration, claim: { workspace, claimedAt: new Date(claimedAt) }, name: owned.name };
  }
  await giveUp(registration, cloudFetch);
  await forgetPresentation(secrets);
  throw new RegistrationKeyRefusedError(
    `The cloud ${issuer} knows nothing of registration keys: it registered this instance for nobody, which was given up. Start the instance without a key, and claim it with the claim code that it then prints.`,
  );
}

const newKey =
  'Have an owner of the workspace make a new one, and start the instance again with it. Without a key it registers for nobody, and prints a claim code.';

function refusal(issuer: string, earlier: { readonly at: string } | undefined): string {
  return earlier
    ? `The cloud ${issuer} refuses the registration key. This instance presented it on ${earlier.at} already, and was interrupted before it had saved the answer: most likely the key was used up by that, and the cloud lists an instance that will never run. ${newKey}`
    : `The cloud ${issuer} refuses the registration key, so this instance is not registered, and nobody can use it. The key may be wrong, expired, revoked or used already. ${newKey}`;
}

/** Whom the cloud has registered the instance for; undefined when for nobody. */
function ownedRecord({ clientId }: Registration, client: oauth.Client): OwnedRecord | undefined {
  const { instance } = client;
  if (instance === undefined || instance === null) return undefined;
  const record = parseInstanceRecord(instance);
  if (!record || record.clientId !== clientId) {
    throw new CloudUnreachableError('its answer to the registration makes no sense');
  }
  const { owner } = record;
  return owner && { ...record, owner };
}

/** As far as it can be done; a cloud removes what nobody claims by itself. */
async function giveUp(registration: Registration, cloudFetch: CloudFetch): Promise<void> {
  const owed = deregistrationOf(registration);
  if (!owed) return;
  await deregister(owed, cloudFetch).catch((error: unknown) => {
    if (!(error instanceof CloudUnreachableError)) throw error;
  });
}

interface Presentation {
  readonly at: string;
  /** Unknown of one by a version that gave it no name. */
  readonly attempt: string | undefined;
}

/** When this key was presented without an answer that could be saved, and as which attempt. */
function presentationOf(secrets: SecretsStore, key: string): Presentation | undefined {
  const row = secrets.read('presented_registration_key');
  if (row?.key_hash !== hashOf(key)) return undefined;
  return { at: row.presented_at, attempt: secrets.read('registration_attempt')?.name };
}

/** Returns what names the attempt that begins. */
async function notePresentation(secrets: SecretsStore, key: string, presentedAt: string): Promise<string> {
  const attempt = randomBytes(32).toString('base64url');
  await secrets.transaction((transaction) => {
    transaction.put('presented_registration_key', { key_hash: hashOf(key), presented_at: presentedAt });
    transaction.put('registration_attempt', { name: attempt });
  });
  return attempt;
}

async function forgetPresentation(secrets: SecretsStore): Promise<void> {
  await secrets.transaction((transaction) => {
    for (const name of presentationRecords) transaction.remove(name);
  });
}

function hashOf(key: string): string {
  return hash('sha256', key, 'base64url');
}
