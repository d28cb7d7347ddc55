import { quoteCloud } from '../cloud-client/errors.ts';
import { readRegistration } from '../cloud-client/registration.ts';
import type { SecretsStore } from '../secrets/secrets-store.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const reachTheCloud = 'Run the instance while its cloud can be reached, which completes it.';

/**
 * Says who the instance is at its cloud, and whose.
 *
 * @param cloud the issuer that the user named
 */
export function examineIdentity(secrets: SecretsStore, cloud: string | undefined): Finding[] {
  const findings = [registration(secrets, cloud), claim(secrets)];
  if (secrets.read('pending_deregistration')) {
    findings.push(
      warning(
        'Deregistration',
        'The cloud has not been told yet that an earlier registration was given up.',
        reachTheCloud,
      ),
    );
  }
  return findings;
}

function registration(secrets: SecretsStore, cloud: string | undefined): Finding {
  const found = readRegistration(secrets);
  const presented = secrets.read('presented_registration_key');
  if (!found && presented) {
    return warning(
      'Registration',
      `The instance presented a registration key on ${presented.presented_at}, and has not saved an answer.`,
      'Run the instance while its cloud can be reached. If the cloud refuses the key, have an owner of the workspace make a new one.',
    );
  }
  if (!found) {
    return warning(
      'Registration',
      'The instance is not registered at a cloud yet.',
      `${reachTheCloud} If its terminal says that the cloud refuses its registration key, start it with a new one.`,
    );
  }
  const { issuer, clientId } = found;
  return cloud === undefined || cloud === issuer
    ? ok('Registration', `Registered at ${issuer} with the client ID ${clientId}.`)
    : problem(
        'Registration',
        `Registered at ${issuer}, not at ${cloud}.`,
        `Start it with --cloud ${issuer}.`,
      );
}

function claim(secrets: SecretsStore): Finding {
  const claimed = secrets.read('instance_claim');
  if (claimed) {
    return ok(
      'Claim',
      `Claimed by ${quoteCloud(claimed.workspace_name)} (${quoteCloud(claimed.workspace)}) since ${quoteCloud(claimed.claimed_at)}.`,
    );
  }
  const pending = secrets.read('pending_claim');
  return pending
    ? warning(
        'Claim',
        `The claim by ${quoteCloud(pending.workspace_name)} (${quoteCloud(pending.workspace)}) has begun and is not complete.`,
        reachTheCloud,
      )
    : ok('Claim', 'Nobody has claimed the instance.');
}
