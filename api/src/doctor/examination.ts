// What `holdfast doctor` does: it looks at everything that an instance needs, and changes nothing.

import { join } from 'node:path';
import { type Registration, readRegistration, resourceOf } from '../cloud-client/registration.ts';
import type { KeyAccess } from '../secrets/key-source.ts';
import { examineActivity } from './activity.ts';
import { examineAddress } from './address.ts';
import { examineCertificate } from './certificate.ts';
import { type CloudExaminationOptions, examineCloud } from './cloud.ts';
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
  const { dataPath, keys, cloud, versions, now, reach, listen } = options;
  const findings = [judgeNodeVersion(versions)];
  const directory = await examineDataDirectory(dataPath, now());
  findings.push(...directory.findings);
  let registered: Pick<Registration, 'issuer' | 'clientId'> | undefined;
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
    registered = secrets && readRegistration(secrets);
  }
  findings.push(
    await examineAddress({ ...options, holder }),
    ...examineReach(options),
    ...(await examineCertificate(reach, listen.host, now())),
  );
  if (reach.publicUrl !== undefined && registered && holder !== undefined) {
    findings.push(await examinePublicAddress(reach.publicUrl, resourceOf(registered), options));
  }
  const issuer = cloud ?? registered?.issuer;
  if (issuer !== undefined) findings.push(...(await examineCloud(issuer, options)));
  else if (directory.isInstance) findings.push(cloudUnknown);
  return findings;
}

const cloudUnknown = warning(
  'Cloud',
  'Not asked: without the registration it is not known which one is meant.',
  'To ask it, name it with --cloud.',
);
