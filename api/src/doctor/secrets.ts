import { StartupError } from '../errors.ts';
import { missingKey } from '../existing-secrets.ts';
import { weaknessOfKeyPlace } from '../key-place.ts';
import { type SecretsLocation, type SecretsProtection, SecretsStore } from '../secrets/secrets-store.ts';
import { credentialName } from '../secrets/systemd-credential.ts';
import { type Finding, ok, problem, problemOf, warning } from './finding.ts';

export interface SecretsExamination extends Disposable {
  readonly findings: readonly Finding[];
  /** Undefined when they could not be opened. */
  readonly secrets: SecretsStore | undefined;
}

const sources = {
  'key-file': 'Key file',
  passphrase: 'Passphrase',
  'systemd-credential': 'systemd credential',
} as const;

const opened = {
  'key-file': 'It is private, yours, outside the data directory, and opens the secrets.',
  passphrase: 'It opens the secrets.',
  'systemd-credential': 'It opens the secrets.',
} as const;

/** Opens `secrets.db` for looking at it, if the key is to be had. */
export async function examineSecrets(location: SecretsLocation): Promise<SecretsExamination> {
  let protection: SecretsProtection;
  try {
    protection = await SecretsStore.protectionOf(location);
  } catch (error) {
    return closed([findingOf('Secrets', error)]);
  }
  const { format, keyId, keySource, keyLocation } = protection;
  const findings = [
    ok('Secrets', `${location.path} has format ${format} and is sealed with data key ${keyId}.`),
    ok('Key source', `${sources[keySource]}${keyLocation === undefined ? '' : ` ${keyLocation}`}.`),
  ];
  const obstacle = obstacleTo(protection, location);
  if (obstacle) return closed([...findings, obstacle]);
  try {
    const secrets = await SecretsStore.inspect(location);
    return {
      findings: [...findings, weaknessOf(protection) ?? ok('Key', opened[keySource])],
      secrets,
      [Symbol.dispose]: () => secrets[Symbol.dispose](),
    };
  } catch (error) {
    return closed([...findings, findingOf('Key', error)]);
  }
}

/** Why the secrets stay closed though nothing is known to be wrong with them: the key is not here. */
function obstacleTo(protection: SecretsProtection, { keys }: SecretsLocation): Finding | undefined {
  switch (missingKey(protection, keys)) {
    case undefined:
      return undefined;
    case 'passphrase':
      return warning(
        'Key',
        'Not opened: nobody is there to ask for the passphrase.',
        'To look further, run holdfast doctor at a terminal, or name a file with --passphrase-file.',
      );
    case 'systemd-credential':
      return warning(
        'Key',
        'Not opened: systemd hands the credential to the unit of the instance only.',
        `To look further, run: systemd-run --pty --property=LoadCredentialEncrypted=${credentialName}:FILE holdfast doctor`,
      );
  }
}

/** What is wrong with the place of a key that opens the secrets. */
function weaknessOf(protection: SecretsProtection): Finding | undefined {
  const weakness = weaknessOfKeyPlace(protection);
  return weakness && problem('Key', weakness.message, weakness.remedy);
}

/** @throws `error` itself when it is none that a person can mend, or when that person has had enough */
function findingOf(check: string, error: unknown): Finding {
  if (!(error instanceof StartupError) || error.code === 'interrupted') throw error;
  return problemOf(error.code === 'secrets_damaged' ? 'Secrets' : check, error);
}

function closed(findings: readonly Finding[]): SecretsExamination {
  return { findings, secrets: undefined, [Symbol.dispose]: () => undefined };
}
