import { expect, test } from 'vitest';
import { acceptsGenuine } from './fuzz/credential-targets.ts';
import { fuzzerOf } from './fuzz/fuzz.ts';
import { fuzzers } from './fuzz/fuzzers.ts';
import { mutantsOf } from './fuzz/text-mutants.ts';

// The short form of `npm run fuzz -- --runs 1000000`.

test('what is not mutated is accepted', async () => {
  expect(await acceptsGenuine()).toBe(true);
});

test.each(fuzzers.map(({ name, run }) => [name, run] as const))(
  'rows 4, 5, 21, 23, 24, 26, 34: 10,000 mutants of %s: none is accepted, none crashes',
  async (_name, run) => {
    // All of the report, so that a failure tells the seed.
    expect(await run(10_000, Date.now())).toMatchObject({ runs: 10_000, finding: undefined });
  },
  120_000,
);

test('a judge that accepts or crashes would be found', async () => {
  const mutants = mutantsOf('DPoP abc.def');
  const accepting = fuzzerOf({ name: '', mutants, accepts: (mutant) => mutant.length > 12 });
  const crashing = fuzzerOf({
    name: '',
    mutants,
    accepts: (mutant) => {
      if (mutant.length < 12) throw new RangeError('too short');
      return false;
    },
  });
  expect((await accepting.run(1_000, 1)).finding).toContain('It was accepted.');
  expect((await crashing.run(1_000, 1)).finding).toContain('RangeError: too short');
});
