import { isatty } from 'node:tty';

/** Where a person is asked. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/** The terminal of this process; undefined where there is nobody to ask. Questions leave its standard output alone. */
export function thisTerminal(): Terminal | undefined {
  // By their numbers: to make a stream of the standard input takes 1 ms of every start.
  return isatty(0) && isatty(2) ? { input: process.stdin, output: process.stderr } : undefined;
}
