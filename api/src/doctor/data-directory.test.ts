import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemError } from '../../test/system-error.ts';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import { openDataDirectory } from '../data-directory/data-directory.ts';
import { examineDataDirectory, judgeDirectory, judgeFile, judgeRefusal } from './data-directory.ts';

const isWindows = process.platform === 'win32';
const now = Date.now();
const dataDirectoryId = '0b0e3c6a-1111-4222-8333-444455556666';

/** The findings about a data directory that `change` has been at. */
async function examineAfter(change: (path: string) => Promise<void>) {
  await using root = await temporaryDirectory();
  {
    await using directory = await openDataDirectory(root.path);
    await directory.recordSecrets(dataDirectoryId);
    await writeFile(directory.secretsPath, '', { mode: 0o600 });
  }
  await change(root.path);
  return await examineDataDirectory(root.path, now);
}

test('nothing is wrong with a directory as an instance leaves it', async () => {
  expect(await examineAfter(async () => undefined)).toEqual({
    findings: [
      { check: 'Data path', verdict: 'ok', message: expect.stringMatching(/is yours, and private\.$/) },
      { check: 'Files', verdict: 'ok', message: 'All are regular files of yours, and private.' },
      { check: 'Layout', verdict: 'ok', message: 'Layout 2.' },
    ],
    isInstance: true,
    hasSecrets: true,
    dataDirectoryId,
  });
});

describe('no instance is', () => {
  const nowhere = { isInstance: false, hasSecrets: false };

  test('where nothing is', async () => {
    await using root = await temporaryDirectory();
    expect(await examineDataDirectory(join(root.path, 'none'), now)).toMatchObject({
      ...nowhere,
      findings: [{ verdict: 'problem', message: expect.stringContaining('no directory') }],
    });
  });

  test('in a file', async () => {
    await using root = await temporaryDirectory();
    await writeFile(join(root.path, 'file'), '');
    expect(await examineDataDirectory(join(root.path, 'file'), now)).toMatchObject({
      ...nowhere,
      findings: [{ verdict: 'problem', message: expect.stringContaining('is no directory') }],
    });
  });

  test('in an empty directory, which is none of its faults', async () => {
    await using root = await temporaryDirectory();
    await writeFile(join(root.path, '.DS_Store'), '');
    expect(await examineDataDirectory(root.path, now)).toMatchObject({
      ...nowhere,
      findings: [{ verdict: 'warning', remedy: expect.stringContaining('holdfast serve') }],
    });
  });

  test('in a directory of other things, whose modes are nobody’s business', async () => {
    await using root = await temporaryDirectory();
    await chmod(root.path, 0o755);
    await writeFile(join(root.path, 'thesis.txt'), '');
    expect(await examineDataDirectory(root.path, now)).toMatchObject({
      ...nowhere,
      findings: [{ verdict: 'problem', message: expect.stringContaining('none of them is Holdfast') }],
    });
  });
});

describe.skipIf(isWindows)('row 45: found in a data directory', () => {
  test.each([
    ['a loose mode', (path: string) => chmod(path, 0o750), 'mode 0750', /^Run: chmod 700 \//],
    [
      'a file with a loose mode',
      (path: string) => chmod(join(path, 'secrets.db'), 0o640),
      'secrets.db is open to other users (mode 0640)',
      /^Run: chmod 600 \/.*secrets\.db$/,
    ],
    [
      'a link in place of a file',
      (path: string) => symlink('/etc/passwd', join(path, 'claim-code')),
      'claim-code is a symbolic link',
      /^Move it away/,
    ],
    [
      'a directory in place of a file',
      (path: string) => mkdir(join(path, 'claim-code')),
      'claim-code is no regular file',
      /^Move it away/,
    ],
    [
      'a newer layout',
      (path: string) => writeFile(join(path, 'layout'), '99\n'),
      'newer version of Holdfast (layout 99',
      /^Use that version/,
    ],
    [
      'a damaged layout',
      (path: string) => writeFile(join(path, 'layout'), 'x'),
      'layout is damaged',
      /^Restore it/,
    ],
  ])('%s', async (_what, change, message, remedy) => {
    const { findings } = await examineAfter(change);
    const wrong = findings.filter(({ verdict }) => verdict !== 'ok');
    expect(wrong).toEqual([
      {
        check: expect.any(String),
        verdict: 'problem',
        message: expect.stringContaining(message),
        remedy: expect.stringMatching(remedy),
      },
    ]);
  });

  test('what belongs to another user', () => {
    const uid = (process.getuid?.() ?? 0) + 1;
    const file = { uid, mode: 0o100600, isFile: () => true } as Parameters<typeof judgeFile>[1];
    expect(judgeDirectory('/data', { uid, mode: 0o40700 })).toMatchObject({
      verdict: 'problem',
      message: `/data belongs to another user (uid ${uid}).`,
    });
    expect(judgeFile('/data/lock', file, now)).toMatchObject([{ verdict: 'problem' }]);
  });
});

test('things that are not Holdfast’s: a warning that names some', async () => {
  const { findings } = await examineAfter(async (path) => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await writeFile(join(path, name), '');
  });
  expect(findings[1]).toMatchObject({
    verdict: 'warning',
    message: expect.stringMatching(/: a, b, c and 2 more\.$/),
  });
});

describe('a temporary file', () => {
  const name = '.secrets.db.0123456789abcdef.tmp';

  test('of a save under way is no finding', async () => {
    const { findings } = await examineAfter((path) => writeFile(join(path, name), '', { mode: 0o600 }));
    expect(findings[1]).toMatchObject({ verdict: 'ok' });
  });

  test.each([
    [name, 'a save', /^Start the instance/],
    ['.instance.db.0123456789abcdef.tmp', 'a backup', /^Run holdfast backup again/],
  ])('%s of an hour ago was left by %s', async (name, by, remedy) => {
    const { findings } = await examineAfter(async (path) => {
      await writeFile(join(path, name), '', { mode: 0o600 });
      await utimes(join(path, name), now / 1_000 - 3_600, now / 1_000 - 3_600);
    });
    expect(findings[1]).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining(`${name} was left by ${by} that was cut off.`),
      remedy: expect.stringMatching(remedy),
    });
  });
});

test('a directory that its owner may not write is mended by the next start', async () => {
  await using root = await temporaryDirectory();
  await using _directory = await openDataDirectory(root.path);
  const { findings } = await examineDataDirectory(root.path, now, async () => {
    throw systemError('EACCES');
  });
  expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([
    {
      check: 'Data path',
      verdict: 'warning',
      message: `${root.path} may not be written by its owner (mode 0700): an instance that runs cannot save.`,
      remedy: expect.stringContaining('chmod 700'),
    },
  ]);
});

test('a file that this user may not use, since it is root’s', () => {
  const uid = process.getuid?.() ?? 0;
  expect(judgeRefusal('/data/lock', { uid: uid + 1 }, systemError('EACCES'))).toEqual([
    {
      check: 'Files',
      verdict: 'problem',
      message: expect.stringContaining(`/data/lock belongs to another user (uid ${uid + 1})`),
      remedy: expect.stringContaining('chown'),
    },
  ]);
  expect(judgeRefusal('/data/lock', { uid }, systemError('EACCES'))).toEqual([]);
  expect(judgeRefusal('/data/lock', { uid: uid + 1 }, systemError('EROFS'))).toEqual([]);
});

test.each([
  ['EROFS', 'the file system is read-only', 'Mount its file system for writing'],
  ['EPERM', 'permission denied', 'chmod 700'],
])('a directory that cannot be written: %s', async (code, reason, remedy) => {
  await using root = await temporaryDirectory();
  await using _directory = await openDataDirectory(root.path);
  const { findings } = await examineDataDirectory(root.path, now, async () => {
    throw systemError(code);
  });
  expect(findings).toContainEqual({
    check: 'Data path',
    verdict: 'problem',
    message: `${root.path} cannot be written: ${reason}.`,
    remedy: expect.stringContaining(remedy),
  });
});

test('the data path of npm start leads to the one of its instance', async () => {
  await using root = await temporaryDirectory();
  const inner = join(root.path, 'instance');
  await using _directory = await openDataDirectory(inner);
  expect(await examineDataDirectory(root.path, now)).toMatchObject({
    isInstance: false,
    findings: [{ verdict: 'problem', remedy: expect.stringContaining(`--data-path ${inner}`) }],
  });
});
