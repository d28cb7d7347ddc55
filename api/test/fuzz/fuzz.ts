import * as fc from 'fast-check';

/** Something of the product that judges what strangers send, with an endless supply of what it must refuse. */
export interface FuzzTarget<Input> {
  readonly name: string;
  readonly mutants: fc.Arbitrary<Input>;
  /** Whether the product fell for it. Whatever this throws is a crash. */
  readonly accepts: (mutant: Input) => boolean | Promise<boolean>;
}

export interface FuzzReport {
  readonly target: string;
  /** How many mutants were judged. */
  readonly runs: number;
  /** With it, the same mutants come again. */
  readonly seed: number;
  /** The smallest mutant that was accepted or made the product crash, and what it threw. */
  readonly finding: string | undefined;
}

/** A target with what sends it `runs` mutants, or as many as it takes to find one that is not refused. */
export interface Fuzzer {
  readonly name: string;
  readonly run: (runs: number, seed: number) => Promise<FuzzReport>;
}

export function fuzzerOf<Input>(target: FuzzTarget<Input>): Fuzzer {
  return { name: target.name, run: async (runs, seed) => fuzz(target, runs, seed) };
}

async function fuzz<Input>(
  { name, mutants, accepts }: FuzzTarget<Input>,
  runs: number,
  seed: number,
): Promise<FuzzReport> {
  const refused = fc.asyncProperty(mutants, async (mutant) => {
    if (await accepts(mutant)) throw new Error('It was accepted.');
  });
  const { failed, numRuns, counterexample, errorInstance } = await fc.check(refused, {
    numRuns: runs,
    seed,
  });
  return {
    target: name,
    runs: numRuns,
    seed,
    finding: failed ? `${fc.stringify(counterexample)}: ${String(errorInstance)}` : undefined,
  };
}
