import { credentialFuzzers } from './credential-targets.ts';
import type { Fuzzer } from './fuzz.ts';
import { headerFuzzers } from './header-targets.ts';

/** All that judges what strangers send before anybody is known. */
export const fuzzers: readonly Fuzzer[] = [...credentialFuzzers, ...headerFuzzers];
