import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { systemErrorCode } from '../errors.ts';

/** Whether `path` is `directory` or lies in it, by real paths; neither needs to exist. */
export function isInside(directory: string, path: string): boolean {
  const outer = realPathOf(resolve(directory));
  const inner = realPathOf(resolve(path));
  const way = relative(outer, inner);
  return way !== '..' && !way.startsWith(`..${sep}`) && resolve(way) !== way;
}

/** The real path of what exists of `path`, followed by the rest of it. */
function realPathOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT' || dirname(path) === path) return path;
    return join(realPathOf(dirname(path)), basename(path));
  }
}
