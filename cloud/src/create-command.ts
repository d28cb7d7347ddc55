import { Command } from 'commander';
import { printable } from './printable.ts';
import { withoutKeys } from './registration-keys/without-keys.ts';

/**
 * A command without options yet; what it and its own commands complain about never holds the value of an unknown option, nor
 * a registration key.
 */
export function createCommand(name: string): Command {
  return new Command(name).configureOutput({
    outputError: (message, write) => write(withoutKeys(withoutValues(message))),
  });
}

/** Secrets are typed after the wrong option easily, and terminals and journals keep what they show. */
function withoutValues(message: string): string {
  return message.replace(
    /(unknown option ')(--[^=\s']*|-[^-\s']|)[\s\S]*'/,
    (_match, start: string, name: string) => `${start}${printable(name)}'`,
  );
}
