import { expect, test } from 'vitest';
import { createCommand } from './command-line.ts';

/** What the command says to `args`. */
function complaintAbout(...args: string[]): string {
  const said: string[] = [];
  const command = createCommand('serve').option('--passphrase-file <file>', 'a file');
  command.configureOutput({ writeErr: (text) => void said.push(text) }).exitOverride();
  expect(() => command.parse(args, { from: 'user' })).toThrow();
  return said.join('');
}

test.each([
  ['--passphrase=hunter2', '--passphrase'],
  ["--passphrase=hun'ter2 hunter2\nhunter2", '--passphrase'],
  ['--passphrase hunter2', '--passphrase'],
  ['-phunter2', '-p'],
  ['--pass\u001bphrase=hunter2', '--pass\\u{1b}phrase'],
])('row 48: the value of an unknown option is not repeated: %j', (argument, name) => {
  const complaint = complaintAbout(argument);
  expect(complaint).toContain(`error: unknown option '${name}'`);
  expect(complaint).not.toMatch(/hun|ter2/);
});

test('a mistyped option is still told which one was meant', () => {
  expect(complaintAbout('--passphrase-fil', 'x')).toBe(
    "error: unknown option '--passphrase-fil'\n(Did you mean --passphrase-file?)\n",
  );
});
