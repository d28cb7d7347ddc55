import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { shellWord } from './shell-word.ts';

const platform = 'linux';

describe.skipIf(process.platform === 'win32')('a shell reads back what was quoted', () => {
  test.each([
    '/plain/path.db',
    '/with space',
    "/it's",
    '~',
    '$(reboot)`reboot`',
    'a"b\\c',
    '*',
    '',
    '-n',
    'é',
  ])('%j', (word) => {
    expect(execFileSync('sh', ['-c', `printf %s ${shellWord(word, platform)}`]).toString()).toBe(word);
  });

  test('and nothing in it that a terminal would obey', () => {
    const word = "/a\u001b[2J\n'\u202E\\x";
    const quoted = shellWord(word, platform);
    expect(quoted).toBe("$'/a\\033[2J\\012\\047\\342\\200\\256\\134x'");
    expect(execFileSync('bash', ['-c', `printf %s ${quoted}`]).toString()).toBe(word);
  });
});

test('cmd.exe takes double quotes', () => {
  expect(shellWord('C:\\Users\\ann', 'win32')).toBe('C:\\Users\\ann');
  expect(shellWord('C:\\My Files', 'win32')).toBe('"C:\\My Files"');
});
