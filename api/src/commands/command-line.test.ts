import { expect, test } from 'vitest';
import { StartupError } from '../errors.ts';
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

test('row 6: a registration key that is no argument of the command is not repeated', () => {
  const key = `hfkey_${'a-B_9'.repeat(8)}xyz`;
  const said: string[] = [];
  const command = createCommand('serve').allowExcessArguments(false);
  command.configureOutput({ writeErr: (text) => void said.push(text) }).exitOverride();
  expect(() => command.parse([key], { from: 'user' })).toThrow();
  expect(said.join('')).toContain('too many arguments');
  expect(said.join('')).not.toContain('a-B_9');
  expect(new StartupError('key_unusable', `The file /tmp/${key} is missing.`).message).toBe(
    'The file /tmp/hfkey_… is missing.',
  );
});
