import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { systemErrorCode } from '../errors.ts';

/** Whether `path` is `directory` or lies in it, by real paths; neither needs to exist. */
export async function isInside(directory: string, path: string): Promise<boolean> {
  const [outer, inner] = await Promise.all([realPathOf(resolve(directory)), realPathOf(resolve(path))]);
  const way = relative(outer, inner);
  return way !== '..' && !way.startsWith(`..${sep}`) && resolve(way) !== way;
}

/** The real path of what exists of `path`, followed by the rest of it. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT' || dirname(path) === path) return path;
    return join(await realPathOf(dirname(path)), basename(path));
  }
}
