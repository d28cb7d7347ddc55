// What `holdfast doctor` does: it looks at everything that an instance needs, and changes nothing.

import { join } from 'node:path';
import { readRegistration, resourceOf } from '../cloud-client/registration.ts';
import type { KeyAccess } from '../secrets/key-source.ts';
import type { SecretsStore } from '../secrets/secrets-store.ts';
import { examineActivity } from './activity.ts';
import { examineAddress } from './address.ts';
import { examineCertificate } from './certificate.ts';
import { type CloudExaminationOptions, examineCloud } from './cloud.ts';
import type { RegisteredInstance } from './credentials.ts';
import { examineDataDirectory } from './data-directory.ts';
import { examineDiskSpace } from './disk-space.ts';
import { type Finding, warning } from './finding.ts';
import { examineIdentity } from './identity.ts';
import { examineLock } from './lock.ts';
import { judgeNodeVersion } from './node-version.ts';
import { examinePublicAddress } from './public-address.ts';
import { examineReach, type ReachExamination } from './reach.ts';
import { examineSecrets } from './secrets.ts';

export interface ExaminationOptions extends CloudExaminationOptions, ReachExamination {
  /** Absolute. */
  readonly dataPath: string;
  readonly keys: KeyAccess;
  /** The issuer that the user named; otherwise the one that the instance is registered at is asked. */
  readonly cloud: string | undefined;
  /** Whether the user named the address to listen on. */
  readonly isNamed: boolean;
  /** As `process.versions`. */
  readonly versions: { readonly node: string; readonly sqlite?: string };
}

/** Examines an instance, whether it runs or not: it takes no lock and changes nothing. */
export async function examine(options: ExaminationOptions): Promise<Finding[]> {
  const { dataPath, keys, cloud, versions, now, reach, listen, isNamed } = options;
  const findings = [judgeNodeVersion(versions)];
  const directory = await examineDataDirectory(dataPath, now());
  findings.push(...directory.findings);
  let registered: RegisteredInstance | undefined;
  let holder: number | undefined;
  if (directory.isInstance) {
    const lock = await examineLock(dataPath);
    holder = lock.holder;
    findings.push(await examineDiskSpace(dataPath), lock.finding);
    findings.push(...(await examineActivity(join(dataPath, 'instance.db'))));
    const path = join(dataPath, 'secrets.db');
    const { hasSecrets: mustExist, dataDirectoryId } = directory;
    using examined = await examineSecrets({ path, dataPath, keys, mustExist, dataDirectoryId });
    const { secrets } = examined;
    findings.push(...examined.findings);
    if (secrets) findings.push(...examineIdentity(secrets, cloud));
    registered = secrets && registeredAs(secrets);
  }
  // Who listens there says nothing about an instance that is looked for in the wrong place.
  if (directory.isInstance || isNamed) findings.push(await examineAddress({ ...options, holder }));
  findings.push(...examineReach(options), ...(await examineCertificate(reach, listen.host, now())));
  const registration = registered?.registration;
  if (reach.publicUrl !== undefined && registration && holder !== undefined) {
    findings.push(await examinePublicAddress(reach.publicUrl, resourceOf(registration), options));
  }
  const issuer = cloud ?? registration?.issuer;
  if (issuer !== undefined) {
    findings.push(
      ...(await examineCloud(issuer, options, issuer === registration?.issuer ? registered : undefined)),
    );
  } else if (directory.isInstance) findings.push(cloudUnknown);
  return findings;
}

function registeredAs(secrets: SecretsStore): RegisteredInstance | undefined {
  const registration = readRegistration(secrets);
  const isClaimed = Boolean(secrets.read('instance_claim') ?? secrets.read('pending_claim'));
  return registration && { registration, isClaimed };
}

const cloudUnknown = warning(
  'Cloud',
  'Not asked: without the registration it is not known which one is meant.',
  'To ask it, name it with --cloud.',
);
