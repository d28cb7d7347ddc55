import { StartupError } from '../errors.ts';

/** Aborted by SIGINT and SIGTERM, so that work can clean up after itself before it ends. */
export function abortOnSignal(): AbortSignal {
  const controller = new AbortController();
  const abort = () =>
    controller.abort(new StartupError('interrupted', 'Stopped before the end; nothing was left behind.'));
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  return controller.signal;
}
