import { Command, InvalidArgumentError } from 'commander';
import { type KillCounts, killWriters } from '../api/test/crash/kills.ts';

// `npm run crash-test`: kills processes that save secrets, with SIGKILL, and looks at what they leave.

interface Flags {
  readonly kills: number;
  readonly jobs: number;
}

const millisecondsBetweenReports = 10_000;

const { kills, jobs } = new Command('npm run crash-test --')
  .description('Kill instances in the middle of starting and saving, and look at what they leave.')
  .allowExcessArguments(false)
  .showHelpAfterError()
  .option('--kills <count>', 'how many to kill', count, 1_000)
  .option('--jobs <count>', 'how many run at a time', count, 2)
  .parse()
  .opts<Flags>();

const startedAt = performance.now();
let reportedAt = startedAt;
const counts = await killWriters({
  kills,
  jobs,
  onKill(soFar, problems) {
    for (const { kind, what } of problems) console.error(`${kind}: ${what}`);
    if (performance.now() - reportedAt < millisecondsBetweenReports) return;
    reportedAt = performance.now();
    console.log(describe(soFar));
  },
});
console.log(describe(counts));
process.exitCode = counts.torn === 0 && counts.lost === 0 ? 0 : 1;

function describe({ kills, beforeOpen, midSave, beginnings, changes, torn, lost }: KillCounts): string {
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  return `${kills} kills (${beforeOpen} while opening, ${midSave} in the middle of a save; ${beginnings} directories), ${torn} torn files, ${lost} of ${changes} acknowledged writes lost, ${seconds} s`;
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
