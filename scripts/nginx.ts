import { delimiter } from 'node:path';
import { findProgram, installDebianPackage } from './programs.ts';

/**
 * The nginx that stands before an instance in tests: one of the system, or one that is installed now.
 *
 * @throws Error with what to do, where neither is possible
 */
export function findOrInstallNginx(): string {
  const found = findNginx();
  if (found) return found;
  console.log('No nginx found: installing it …');
  installDebianPackage('nginx');
  const installed = findNginx();
  if (installed) return installed;
  throw new Error(
    'No nginx could be found or installed. Install it with the package manager of this machine.',
  );
}

function findNginx(): string | undefined {
  // Not on the PATH of people who are not root.
  return findProgram('nginx', [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']);
}
