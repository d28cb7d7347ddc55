// Threats: another user of the machine who finds a crashed instance's memory, or attaches a debugger to a running one
// (security.md row 48). A core dump, a diagnostic report and a debugger all show the secrets that lie open in memory.
// Another process of the same user may still read that memory; only the operating system can forbid that.

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import inspector from 'node:inspector';
import { describeError, systemErrorCode } from './errors.ts';
import { createProcessLogger, type Logger } from './logger.ts';

/**
 * Keeps this process's memory to itself: no core dump of it (Linux only), no debugger unless `allowInspector`, no
 * diagnostic report, and one redacted line for an error that nobody expected.
 */
export async function hardenProcess(
  { allowInspector = false }: { allowInspector?: boolean },
  givenLogger?: Logger,
): Promise<void> {
  turnOffDiagnosticReports();
  const logger = givenLogger ?? (await createProcessLogger());
  endOnUnexpectedError(logger);
  keepMemoryOutOfCoreDumps(logger);
  if (!allowInspector) closeInspector(logger);
}

/** Node's own answer to an uncaught error prints all its properties and causes, which may quote what was sent. */
function endOnUnexpectedError(logger: Logger): void {
  process.on('uncaughtException', (error) => {
    try {
      logger.fatal({ err: describeError(error) }, 'Holdfast ends because of an unexpected error');
    } finally {
      process.exit(1);
    }
  });
}

/**
 * With no kind of mapping chosen, a core dump holds registers and nothing of the memory, wherever the system sends it.
 * Vector registers may still hold what was copied last, so where there is `prlimit` there is to be no dump at all; it is
 * not waited for, and not started where the limit is zero already, as on most systems: a process costs 5 ms.
 *
 * @see {@link https://man7.org/linux/man-pages/man5/core.5.html core(5)}
 */
function keepMemoryOutOfCoreDumps(logger: Logger): void {
  if (process.platform !== 'linux') return;
  if (mayDumpCore()) {
    execFile('prlimit', ['--core=0:', '--pid', String(process.pid)], () => undefined);
  }
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch (error) {
    logger.warn(
      { code: systemErrorCode(error) },
      'Core dumps of this process would hold its secrets, because /proc/self/coredump_filter cannot be written. Start it with: ulimit -c 0',
    );
  }
}

function mayDumpCore(): boolean {
  try {
    return !/^Max core file size +0 /m.test(readFileSync('/proc/self/limits', 'latin1'));
  } catch {
    return true;
  }
}

/** They hold the environment, and the heap's figures with stacks. */
function turnOffDiagnosticReports(): void {
  process.report.reportOnFatalError = false;
  process.report.reportOnSignal = false;
  process.report.reportOnUncaughtException = false;
  process.report.excludeEnv = true;
}

/** Whoever speaks to the inspector, which asks for no password, runs code in this process. */
function closeInspector(logger: Logger): void {
  // A listener takes the place of Node's own, which would open the inspector.
  process.on('SIGUSR1', () => undefined);
  if (inspector.url() === undefined) return;
  inspector.close();
  logger.warn(
    'The inspector was closed, because it shows the secrets of the instance to whoever connects to it. To debug, start with --allow-inspector',
  );
}
