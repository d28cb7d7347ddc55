import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseRegistrationKey } from './registration-key-input.ts';

const key = `hfkey_${'a'.repeat(43)}`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-key-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function file(content: string, mode = 0o600): string {
  const path = join(directory, 'key');
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const read = async (registrationKeyFile?: string, fromEnvironment?: string, credentials?: string) =>
  parseRegistrationKey({ registrationKeyFile }, fromEnvironment, credentials)?.();

describe('a registration key', () => {
  test.each([key, `${key}\n`, ` ${key}\r\n`])('is read from a file that holds %j', async (content) => {
    expect(await read(file(content))).toBe(key);
  });

  test('is read from the environment, but not where a file is named', async () => {
    expect(await read(undefined, `${key}\n`)).toBe(key);
    await expect(read(join(directory, 'missing'), key)).rejects.toThrow('is missing');
  });

  test('is none where none was given', () => {
    expect(parseRegistrationKey({}, undefined)).toBeUndefined();
  });

  test('is read only when it is needed', () => {
    expect(() => parseRegistrationKey({ registrationKeyFile: join(directory, 'missing') })).not.toThrow();
    expect(() => parseRegistrationKey({ registrationKeyFile: ' ' })).toThrow(
      'Give --registration-key-file a file',
    );
  });

  test.each([
    ['', 'is empty'],
    [' \n', 'is empty'],
    ['a passphrase of mine', 'holds no registration key'],
    [`${key}x`, 'holds no registration key'],
    [`${key}\n${key}`, 'holds no registration key'],
    [key.toUpperCase(), 'holds no registration key'],
  ])('%j is none, and is not repeated', async (content, words) => {
    for (const attempt of [read(file(content)), read(undefined, content || ' ')]) {
      const error = await attempt.catch((reason: unknown) => reason as Error);
      expect(error).toMatchObject({ code: 'key_unusable', message: expect.stringContaining(words) });
      if (content.trim()) expect((error as Error).message).not.toContain(content.trim());
    }
  });

  test('is not taken from a file that others can read, or through a link', async () => {
    const open = file(key, 0o640);
    await expect(read(open)).rejects.toThrow('can be read by other users');
    const link = join(directory, 'link');
    symlinkSync(file(key), link);
    await expect(read(link)).rejects.toThrow('is a symbolic link');
  });

  test('may be a credential of the systemd unit, whose mode shows a right of the group', async () => {
    expect(await read(file(key, 0o440), undefined, directory)).toBe(key);
    await expect(read(file(key, 0o444), undefined, directory)).rejects.toThrow('can be read by other users');
    await expect(read(file(key, 0o440), undefined, `${directory}-other`)).rejects.toThrow('other users');
  });
});
