import { shortcomingOf } from '../../bin/node-version.cjs';
import { type Finding, ok, problemOf } from './finding.ts';

/** @param versions as `process.versions` */
export function judgeNodeVersion(versions: { readonly node: string; readonly sqlite?: string }): Finding {
  const shortcoming = shortcomingOf(versions);
  return shortcoming === undefined
    ? ok('Node', `Version ${versions.node}.`)
    : problemOf('Node', { message: shortcoming });
}
