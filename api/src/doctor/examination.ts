// What `holdfast doctor` does: it looks at everything that an instance needs, and changes nothing.

import { join } from 'node:path';
import { readRegistration } from '../cloud-client/registration.ts';
import type { KeyAccess } from '../secrets/key-source.ts';
import { type CloudExaminationOptions, examineCloud } from './cloud.ts';
import { examineDataDirectory } from './data-directory.ts';
import { examineDiskSpace } from './disk-space.ts';
import { type Finding, warning } from './finding.ts';
import { examineIdentity } from './identity.ts';
import { examineLock } from './lock.ts';
import { judgeNodeVersion } from './node-version.ts';
import { examineSecrets } from './secrets.ts';

export interface ExaminationOptions extends CloudExaminationOptions {
  /** Absolute. */
  readonly dataPath: string;
  readonly keys: KeyAccess;
  /** The issuer that the user named; otherwise the one that the instance is registered at is asked. */
  readonly cloud: string | undefined;
  /** As `process.versions`. */
  readonly versions: { readonly node: string; readonly sqlite?: string };
}

/** Examines an instance, whether it runs or not: it takes no lock and changes nothing. */
export async function examine(options: ExaminationOptions): Promise<Finding[]> {
  const { dataPath, keys, cloud, versions, now } = options;
  const findings = [judgeNodeVersion(versions)];
  const directory = await examineDataDirectory(dataPath, now());
  findings.push(...directory.findings);
  let issuer = cloud;
  if (directory.isInstance) {
    findings.push(await examineDiskSpace(dataPath), await examineLock(dataPath));
    const path = join(dataPath, 'secrets.db');
    using examined = await examineSecrets({ path, dataPath, keys, mustExist: directory.hasSecrets });
    const { secrets } = examined;
    findings.push(...examined.findings);
    if (secrets) findings.push(...examineIdentity(secrets, cloud));
    issuer ??= secrets && readRegistration(secrets)?.issuer;
  }
  if (issuer !== undefined) findings.push(...(await examineCloud(issuer, options)));
  else if (directory.isInstance) findings.push(cloudUnknown);
  return findings;
}

const cloudUnknown = warning(
  'Cloud',
  'Not asked: without the registration it is not known which one is meant.',
  'To ask it, name it with --cloud.',
);
