import { Command } from 'commander';
import { printable, withoutKeys } from '../printable.ts';

/** A command without options yet; what it complains about never holds the value of an option that it does not know. */
export function createCommand(name: string): Command {
  return new Command(name).configureOutput({
    outputError: (message, write) => write(withoutValues(message)),
  });
}

/** `--passphrase=SECRET` is mistyped easily, and terminals and journals keep what they show. */
function withoutValues(message: string): string {
  return withoutKeys(message).replace(
    /(unknown option ')(--[^=\s']*|-[^-\s']|)[\s\S]*'/,
    (_match, start: string, name: string) => `${start}${printable(name)}'`,
  );
}
