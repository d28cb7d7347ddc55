import { readdir, readFile, readlink } from 'node:fs/promises';

/** Whoever listens on a port. */
export interface ListenerProcess {
  readonly pid: number;
  /** As the system calls it. */
  readonly name: string;
}

/**
 * Finds a process that listens on TCP `port`, on Linux.
 *
 * @returns undefined when there is none that can be seen from here
 */
export async function findListener(port: number): Promise<ListenerProcess | undefined> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(textOf));
  const inodes = tables.flatMap((table) => listeningInodes(table, port));
  if (inodes.length === 0) return undefined;
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const pid of await namesIn('/proc')) {
    if (/^\d+$/.test(pid) && (await holdsOne(pid, sockets))) {
      return { pid: Number(pid), name: (await textOf(`/proc/${pid}/comm`)).trim() };
    }
  }
  return undefined;
}

/**
 * The inodes of sockets that listen on `port`.
 *
 * @param table the content of `/proc/net/tcp` or `tcp6`
 * @see {@link https://man7.org/linux/man-pages/man5/proc_pid_net.5.html proc_pid_net(5)}
 */
export function listeningInodes(table: string, port: number): string[] {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0');
  const line = /^ *\d+: [0-9A-F]+:(?<port>[0-9A-F]{4}) [0-9A-F:]+ 0A (?:\S+ +){5}(?<inode>\d+)/gm;
  return [...table.matchAll(line)].flatMap(({ groups = {} }) =>
    groups.port === hexadecimal && groups.inode !== undefined ? [groups.inode] : [],
  );
}

async function holdsOne(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  for (const descriptor of await namesIn(`/proc/${pid}/fd`)) {
    if (sockets.has(await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => ''))) return true;
  }
  return false;
}

async function namesIn(path: string): Promise<string[]> {
  return readdir(path).catch(() => []);
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
