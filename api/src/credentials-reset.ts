// Starting over happens in two places, and only the first one counts: the instance forgets who it was and whose, in
// one transaction, and owes its cloud the news from then on. Whoever starts the instance decides that: nothing that a
// network or a cloud does leads here, and a flag that stays in a service file has its effect once.

import { deregistrationOf, readPendingDeregistration } from './cloud-client/deregistration.ts';
import {
  presentationRecords,
  type Registration,
  readRegistration,
  registrationRecords,
} from './cloud-client/registration.ts';
import { isSystemError, StartupError, unwritable } from './errors.ts';
import type { Logger } from './logger.ts';
import type { SecretName } from './secrets/secrets-schema.ts';
import { type SecretsLocation, SecretsStore, type SecretsTransaction } from './secrets/secrets-store.ts';

/** What a person is asked about before it happens. */
export interface IntendedReset {
  /** Absolute. */
  readonly dataPath: string;
  /** What the instance gives up; undefined when the secrets that say so are missing. */
  readonly registration: Pick<Registration, 'issuer' | 'clientId'> | undefined;
}

/** Asked right before a reset, not when there is none to be done. */
export type ConfirmReset = (reset: IntendedReset) => Promise<boolean>;

export interface ResetContext {
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called once it has happened. */
  readonly onReset: () => void;
}

/** Everything that makes the instance the one it was. */
const forgotten: readonly SecretName[] = [
  ...registrationRecords,
  'instance_claim',
  'pending_claim',
  'instance_name',
  'instance_renames',
  'cloud_keys',
  ...presentationRecords,
];

/**
 * Opens the secrets of an instance that is to start over, and lets it do so unless an earlier start with the same wish
 * did. Where secrets are missing that there were before, new ones are made.
 *
 * @throws StartupError `reset_declined`, or what `confirm` and `SecretsStore.open` throw; nothing has then been reset
 */
export async function openForReset(
  location: SecretsLocation,
  confirm: ConfirmReset,
  context: ResetContext,
): Promise<SecretsStore> {
  const { logger, onReset } = context;
  using opened = new DisposableStack();
  const secrets = opened.use(await openOrReplace(location, confirm));
  const earlier = secrets.read('credentials_reset');
  if (earlier) {
    logger.warn(
      `The credentials were reset at ${earlier.reset_at} already, so they are kept. Remove --reset-credentials; after a start without it, it works again.`,
    );
  } else {
    const registration = readRegistration(secrets);
    if (forgotten.some((name) => secrets.names.includes(name)))
      await assertConfirmed(confirm, { dataPath: location.dataPath, registration });
    await forget(secrets, location, registration, context);
    onReset();
    logger.info(
      { formerId: registration?.clientId },
      'the instance begins without credentials and without an owner',
    );
  }
  opened.move();
  return secrets;
}

/** A start without the wish to start over lets it be heard again later. */
export async function forgetReset(secrets: SecretsStore, location: SecretsLocation): Promise<void> {
  if (!secrets.read('credentials_reset')) return;
  await change(secrets, location, (transaction) => transaction.remove('credentials_reset'));
}

async function openOrReplace(location: SecretsLocation, confirm: ConfirmReset): Promise<SecretsStore> {
  try {
    return await SecretsStore.open(location);
  } catch (error) {
    if (!(error instanceof StartupError) || error.code !== 'secrets_missing') throw error;
    await assertConfirmed(confirm, { dataPath: location.dataPath, registration: undefined });
    return SecretsStore.open({ ...location, mustExist: false });
  }
}

async function assertConfirmed(confirm: ConfirmReset, reset: IntendedReset): Promise<void> {
  if (!(await confirm(reset))) throw new StartupError('reset_declined', 'Nothing was changed.');
}

async function forget(
  secrets: SecretsStore,
  location: SecretsLocation,
  registration: Registration | undefined,
  { logger, now }: ResetContext,
): Promise<void> {
  const owed = registration && deregistrationOf(registration);
  if (registration && !owed) {
    logger.warn(
      { clientId: registration.clientId, cloud: registration.issuer },
      'the cloud offers no deregistration, so it keeps its record of this instance',
    );
  }
  const givenUp = owed && readPendingDeregistration(secrets);
  await change(secrets, location, (transaction) => {
    if (owed) {
      transaction.put('pending_deregistration', {
        registration_access_token: owed.accessToken,
        registration_client_uri: owed.clientUri,
      });
    }
    for (const name of forgotten) transaction.remove(name);
    transaction.put('credentials_reset', { reset_at: new Date(now()).toISOString() });
  });
  if (givenUp) {
    logger.warn(
      { address: givenUp.clientUri },
      'the deregistration of an earlier reset never reached its cloud and is given up',
    );
  }
}

/** @throws StartupError `data_path_unusable` */
async function change(
  secrets: SecretsStore,
  { path }: SecretsLocation,
  changing: (transaction: SecretsTransaction) => void,
): Promise<void> {
  try {
    await secrets.transaction(changing);
  } catch (cause) {
    throw isSystemError(cause) ? unwritable(path, cause) : cause;
  }
}
