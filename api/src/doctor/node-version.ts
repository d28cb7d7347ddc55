import { type Finding, ok, problem } from './finding.ts';

/** Argon2id came into Node's crypto with it. */
const oldest = { major: 24, minor: 7 };

/** @param version as `process.versions.node` */
export function judgeNodeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isCurrent = major > oldest.major || (major === oldest.major && minor >= oldest.minor);
  return isCurrent
    ? ok('Node', `Version ${version}.`)
    : problem(
        'Node',
        `Version ${version} is older than ${oldest.major}.${oldest.minor}.`,
        'Run holdfast with npx, which uses the Node that npm ci installed.',
      );
}
