import { join } from 'node:path';
import { runCommandLine } from '../../cloud/src/command-line.ts';
import { answerTo } from './answers.ts';

// `holdfast-cloud accounts …` and `members …`, again and again beside the cloud's own process. Each opens the data of the
// cloud anew, as a command does that was typed; only the start of a process is left out.

const [root] = process.argv.slice(2) as [string];
// SQLite waits for a lock without letting this process do anything else, also for one that this process has.
let last: Promise<unknown> = Promise.resolve();

answerTo(process, async (words) => {
  const command = last.then(async () => run(words as string[]));
  last = command.catch(() => undefined);
  return command;
});

async function run(words: readonly string[]): Promise<void> {
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...words, '--data-path', join(root, 'cloud'));
  await runCommandLine();
  if (process.exitCode) throw new Error(`holdfast-cloud ${words.join(' ')} failed.`);
}
