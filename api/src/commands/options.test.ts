import { Command } from 'commander';
import { expect, test } from 'vitest';
import { switchOption } from './options.ts';

const parsed = (flag: string, args: string[], value?: string): unknown =>
  new Command()
    .addOption(switchOption(flag, 'x', 'HOLDFAST_X', value === undefined ? {} : { HOLDFAST_X: value }))
    .parse(args, { from: 'user' })
    .opts();

test.each([
  ['--yes', [], undefined, {}],
  ['--yes', ['--yes'], undefined, { yes: true }],
  ['--yes', [], '1', { yes: true }],
  ['--yes', [], '0', {}],
  ['--yes', [], '', {}],
  ['--yes', [], 'no', {}],
  ['--no-open', [], undefined, { open: true }],
  ['--no-open', ['--no-open'], '0', { open: false }],
  ['--no-open', [], '1', { open: false }],
  ['--no-open', [], '0', { open: true }],
])('%s with %j and HOLDFAST_X=%s: %j', (flag, args, value, flags) => {
  expect(parsed(flag, args, value)).toEqual(flags);
});

test('the help says which value counts', () => {
  expect(switchOption('--yes', 'do it', 'HOLDFAST_X').description).toBe('do it (env: HOLDFAST_X=1)');
});
