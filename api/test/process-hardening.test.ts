import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type RunningCommand, untilPrinted } from './command.ts';
import { occurrences } from './occurrences.ts';
import { ServedInstance } from './served-instance.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const isLinux = process.platform === 'linux';
const isWindows = process.platform === 'win32';
/** Elsewhere the system hands cores to a program of its own. */
const coresLieInTheWorkingDirectory =
  isLinux && readFileSync('/proc/sys/kernel/core_pattern', 'latin1').trim() === 'core';
const hardening = new URL('../src/process-hardening.ts', import.meta.url).href;

/** Bytes, as the system says it. */
async function coreLimitOf(pid: number): Promise<string | undefined> {
  const limits = await readFile(`/proc/${pid}/limits`, 'latin1');
  return /^Max core file size +(\S+)/m.exec(limits)?.[1];
}

describe.skipIf(!isLinux)('row 48: a core dump', () => {
  test('holds nothing of the memory, by what the system was told', async () => {
    await using served = await ServedInstance.start();
    expect(await readFile(`/proc/${served.pid}/coredump_filter`, 'latin1')).toBe('00000000\n');
  });

  test.skipIf(!coresLieInTheWorkingDirectory).each([
    ['SIGSEGV', true],
    ['SIGABRT', true],
    // The control: what a crash would show.
    ['SIGABRT', false],
  ] as const)('after %s of a process that is hardened (%s)', async (signal, isHardened) => {
    await using served = await ServedInstance.start({
      before: (root) => `cd "${root}"; ulimit -c unlimited`,
    });
    await expect.poll(async () => coreLimitOf(served.pid)).toBe('0');
    if (!isHardened) {
      await writeFile(`/proc/${served.pid}/coredump_filter`, '0x33');
      execFileSync('prlimit', ['--core=unlimited:', '--pid', String(served.pid)]);
    }
    await served.end(signal);
    const core = join(served.place.root, 'core');
    expect(served.secrets).toHaveLength(2);
    expect(existsSync(core)).toBe(!isHardened);
    if (!isHardened) expect(await occurrences(core, served.secrets)).toEqual(served.secrets);
  });
});

describe.skipIf(isWindows)('row 48: the inspector', () => {
  test('does not open at SIGUSR1, and does with --allow-inspector', async () => {
    const env = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' };
    await using open = await ServedInstance.start({ env, args: ['--allow-inspector'] });
    open.command.process.kill('SIGUSR1');
    await untilPrinted(open.command, 'Debugger listening');

    await using closed = await ServedInstance.start({ env });
    closed.command.process.kill('SIGUSR1');
    await sleep(500);
    expect(await closed.isAnswering()).toBe(true);
    expect(closed.command.errors).not.toContain('Debugger');
  });

  test('that NODE_OPTIONS opened is closed, and stays with $HOLDFAST_ALLOW_INSPECTOR', async () => {
    const env = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };
    await using closed = await ServedInstance.start({ env });
    expect(closed.command.errors).toContain('--allow-inspector');
    await expect(fetch(inspectorOf(closed.command))).rejects.toThrow('fetch failed');
    expect(await closed.isAnswering()).toBe(true);

    await using open = await ServedInstance.start({ env: { ...env, HOLDFAST_ALLOW_INSPECTOR: '1' } });
    expect((await fetch(inspectorOf(open.command))).status).toBe(200);
    expect(open.command.errors).not.toContain('--allow-inspector');
  });
});

test('row 48: a fatal error writes no report, whatever NODE_OPTIONS say', async () => {
  const reportsOf = async (script: string): Promise<string[]> => {
    await using directory = await temporaryDirectory();
    const reports = join(directory.path, 'reports');
    await mkdir(reports);
    const child = spawn(
      process.execPath,
      [
        '--max-old-space-size=40',
        ...[
          '--input-type=module',
          '--eval',
          `${script}; const all = []; for (;;) all.push(Array(1e5).fill(0.5))`,
        ],
      ],
      {
        env: {
          ...process.env,
          NODE_OPTIONS: `--report-on-fatalerror --report-directory=${reports}`,
          CANARY: 'canary-4711',
        },
        stdio: 'ignore',
      },
    );
    await once(child, 'close');
    return await Promise.all(
      (await readdir(reports)).map(async (name) => readFile(join(reports, name), 'utf8')),
    );
  };
  expect(await reportsOf('')).toEqual([expect.stringContaining('canary-4711')]);
  expect(await reportsOf(`await (await import(${JSON.stringify(hardening)})).hardenProcess({})`)).toEqual([]);
});

describe.skipIf(isWindows)('row 48: an error that nobody expected', () => {
  test.each([
    ['thrown', 'throw error;'],
    ['rejected', 'void Promise.reject(error);'],
    ['that is none', 'throw error.message;'],
  ])('%s: one redacted line, and exit code 1', async (_what, consequence) => {
    await using directory = await temporaryDirectory();
    const saboteur = join(directory.path, 'saboteur.mjs');
    await writeFile(
      saboteur,
      `process.once('SIGUSR2', () => {
        const error = new Error('failed for client_secret=canary-1', { cause: new Error('canary-2') });
        error.body = 'canary-3';
        ${consequence}
      });`,
    );
    await using served = await ServedInstance.start({ env: { NODE_OPTIONS: `--import=${saboteur}` } });
    const before = served.command.errors.length;
    expect(await served.end('SIGUSR2')).toBe(1);
    const lines = served.command.errors.slice(before).trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines.join())).toMatchObject({
      level: 60,
      err: { message: 'failed for client_secret=[redacted]' },
    });
    expect(served.command.errors + served.command.output).not.toContain('canary-');
  });
});

function inspectorOf({ errors }: RunningCommand): string {
  const port = /Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(errors)?.[1];
  return `http://127.0.0.1:${port}/json/version`;
}
