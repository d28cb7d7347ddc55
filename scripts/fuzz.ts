import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { fuzzInThreads } from '../api/test/fuzz/shares.ts';

// `npm run fuzz`: sends mutants of good tokens, proofs and headers to what judges them.

interface Flags {
  readonly runs: number;
  readonly jobs: number;
  readonly seed: number;
}

const { runs, jobs, seed } = new Command('npm run fuzz --')
  .description('Send mutants of good tokens, proofs and headers to what judges them: none may be accepted.')
  .allowExcessArguments(false)
  .showHelpAfterError()
  .option('--runs <count>', 'how many mutants each target gets', count, 100_000)
  .option('--jobs <count>', 'how many threads work at a time', count, availableParallelism())
  .option('--seed <number>', 'of a run that is to be repeated', count, Date.now() % 2 ** 31)
  .parse()
  .opts<Flags>();

await fuzzInThreads({
  runs,
  jobs,
  seed,
  onReport({ target, runs: judged, seed: used, finding }) {
    if (finding === undefined) {
      console.log(`${target}: ${judged} mutants, 0 accepted, 0 crashes`);
    } else {
      console.error(`${target}, --seed ${used} --jobs 1: ${finding}`);
      process.exitCode = 1;
    }
  },
});

function count(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
