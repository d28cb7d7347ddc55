import type { Option } from 'commander';

/** How commands reach the data of a cloud and tell of failures. */
export interface OperatorCommandContext {
  readonly dataPathOption: () => Option;
  /** Prints the sentence of a failure that a person can mend, and ends with 1. */
  readonly orSay: (act: () => Promise<void>) => Promise<void>;
}

export interface OperatorFlags {
  readonly dataPath: string;
}
