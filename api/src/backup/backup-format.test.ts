import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { withFlippedBit } from '../../test/secrets-place.ts';
import { ownFiles } from '../data-directory/own-files.ts';
import { StartupError } from '../errors.ts';
import { createPassphraseSource } from '../secrets/passphrase.ts';
import { StreamKey } from '../secrets/sealed-stream.ts';
import { type BackupFile, openBackup, sealBackup } from './backup-format.ts';
import { encodeHeader, headerBytes, parseHeader } from './backup-header.ts';
import type { BackupManifest } from './backup-manifest.ts';
import { ByteReader } from './byte-reader.ts';
import { snapshotOf } from './snapshot.ts';

// The key is injected: deriving it from a passphrase takes longer than all the rest.
const keyMaterial = randomBytes(32);
const file = 'x.backup';

async function streamKey(): Promise<StreamKey> {
  return StreamKey.from(new Uint8Array(keyMaterial));
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}

const layout: BackupFile = snapshotOf('layout', Buffer.from('1\n'));
const secrets: BackupFile = snapshotOf('secrets.db', Buffer.from('SQLite format 3'));
const smallFiles = [layout, secrets];

function manifestOf(files: readonly BackupFile[]): BackupManifest {
  return {
    holdfast: '0.1.0',
    createdAt: new Date('2026-11-25T12:00:00.000Z'),
    dataDirectoryId: '0b0e3c6a-1111-4222-8333-444455556666',
    files,
  };
}

async function seal(
  files: readonly BackupFile[] = smallFiles,
  manifest: BackupManifest = manifestOf(files),
): Promise<Buffer> {
  return collect(sealBackup(manifest, files, createPassphraseSource(), await streamKey()));
}

/** What a backup holds, by name. */
async function open(backup: Uint8Array): Promise<{ manifest: BackupManifest; files: Map<string, Buffer> }> {
  const reader = new ByteReader(once(backup));
  const header = parseHeader(await reader.take(headerBytes), file);
  const files = new Map<string, Buffer>();
  const manifest = await openBackup(
    { file, header, body: reader.stream(), key: await streamKey(), table: ownFiles },
    async (name, content) => void files.set(name, await collect(content)),
  );
  return { manifest, files };
}

async function refusalOf(backup: Uint8Array): Promise<StartupError> {
  const refusal = await open(backup).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(StartupError);
  return refusal as StartupError;
}

async function expectDamaged(backup: Uint8Array): Promise<void> {
  expect(await refusalOf(backup)).toMatchObject({
    code: 'backup_unusable',
    message: expect.stringContaining(`${file} is damaged or incomplete`),
  });
}

describe('a backup', () => {
  test('opens with its manifest and its files', async () => {
    const { manifest, files } = await open(await seal());
    expect(manifest).toMatchObject({
      holdfast: '0.1.0',
      createdAt: new Date('2026-11-25T12:00:00.000Z'),
      dataDirectoryId: '0b0e3c6a-1111-4222-8333-444455556666',
    });
    expect([...files.keys()]).toEqual(['layout', 'secrets.db']);
    expect(files.get('secrets.db')?.toString()).toBe('SQLite format 3');
  });

  test('shows nobody what is in it', async () => {
    const backup = await seal();
    for (const text of ['layout', 'secrets.db', 'SQLite', '0b0e3c6a'])
      expect(backup.includes(text)).toBe(false);
  });

  test('of several chunks and of empty files opens', async () => {
    const large = randomBytes(200_000);
    const { files } = await open(
      await seal([snapshotOf('secrets.db', large), snapshotOf('layout', Buffer.alloc(0))]),
    );
    expect(files.get('secrets.db')?.equals(large)).toBe(true);
    expect(files.get('layout')?.length).toBe(0);
  });
});

describe('a damaged backup is refused', () => {
  test('whichever byte was changed', async () => {
    const backup = await seal();
    for (let index = 0; index < backup.length; index += 1) {
      const changed = withFlippedBit(backup, index, index % 8);
      if (index >= 16) await expectDamaged(changed);
      else expect((await refusalOf(changed)).message).toContain('is not a Holdfast backup');
    }
  });

  test('in any chunk of a large one', async () => {
    const backup = await seal([snapshotOf('secrets.db', randomBytes(200_000))]);
    for (let index = headerBytes; index < backup.length; index += 20_011) {
      await expectDamaged(withFlippedBit(backup, index));
    }
  });

  test('wherever it was cut', async () => {
    const backup = await seal();
    for (let length = 0; length < backup.length; length += 1) {
      if (length >= 16) await expectDamaged(backup.subarray(0, length));
      else
        expect((await refusalOf(backup.subarray(0, length))).message).toContain('is not a Holdfast backup');
    }
  });

  test('when something follows it', async () => {
    const backup = await seal();
    await expectDamaged(Buffer.concat([backup, Buffer.from([0])]));
    await expectDamaged(Buffer.concat([backup, backup]));
  });

  test('with the header of another backup', async () => {
    const [first, second] = [await seal(), await seal()];
    await expectDamaged(Buffer.concat([first.subarray(0, headerBytes), second.subarray(headerBytes)]));
  });
});

describe('a header', () => {
  /** A header with a number changed and its checksum right. */
  async function withNumber(offset: number, number: number): Promise<Buffer> {
    const backup = await seal();
    backup.writeUInt32BE(number, offset);
    createHash('sha256').update(backup.subarray(0, 104)).digest().copy(backup, 104);
    return backup;
  }

  test('of a newer format is told from damage', async () => {
    expect(await refusalOf(await withNumber(16, 2))).toMatchObject({
      code: 'written_by_newer_version',
      message: expect.stringContaining('format 2'),
    });
    await expectDamaged(await withNumber(16, 0));
  });

  test.each([
    ['memory', 20, 0xff_ff_ff_ff],
    ['less memory', 20, 8],
    ['passes', 24, 1_000_000],
    ['lanes', 28, 255],
  ])(
    'that asks for other Argon2 parameters (%s) is refused before any work',
    async (_what, offset, number) => {
      await expectDamaged(await withNumber(offset, number));
    },
  );
});

describe('a backup that somebody with the passphrase made by hand is refused', () => {
  const named = (name: string) => ({ ...layout, name });

  test.each([
    '../escaped',
    '/etc/passwd',
    'sub/file',
    'C:\\file',
    '',
    'line\nbreak',
    '\u001b[2J',
    'a'.repeat(65),
  ])('with the name %j', async (name) => {
    await expectDamaged(await seal([named(name), secrets]));
  });

  test.each(['lock', 'lock.pid', 'claim-code', '.', '..', 'later.db', 'toString', '__proto__'])(
    'with %s, which belongs into no backup of this version',
    async (name) => {
      expect(await refusalOf(await seal([named(name), secrets]))).toMatchObject({
        code: 'written_by_newer_version',
        message: expect.stringContaining(`0.1.0, which keeps ${name}`),
      });
    },
  );

  test('with a name twice, or without secrets.db', async () => {
    await expectDamaged(await seal([layout, secrets, layout]));
    await expectDamaged(await seal([layout]));
    await expectDamaged(await seal([]));
  });

  test.each([
    ['a file that is shorter than its size', { ...secrets, size: secrets.size + 1 }],
    ['a file that is longer than its size', { ...secrets, size: secrets.size - 1 }],
    ['another content than its hash', { ...secrets, content: () => once(Buffer.alloc(secrets.size)) }],
    ['a negative size', { ...secrets, size: -1 }],
    ['a broken size', { ...secrets, size: 1.5 }],
    ['an endless size', { ...secrets, size: 2 ** 53 }],
    ['no hash', { ...secrets, sha256: '' }],
  ])('with %s', async (_what, changed) => {
    await expectDamaged(await seal([layout, changed]));
  });

  test('with more than its manifest says', async () => {
    await expectDamaged(await seal([layout, secrets, layout], manifestOf([layout, secrets])));
    await expectDamaged(await seal([layout], manifestOf([layout, secrets])));
  });

  test.each([
    ['a version with a line break', { holdfast: '0.1.0\nfake' }],
    ['no date', { createdAt: 'yesterday' }],
    ['an id that is a path', { dataDirectoryId: '../../../../../../../../../../etc/keys' }],
    ['no list', { files: {} }],
    ['a list of something', { files: [null] }],
  ])('with %s in its manifest', async (_what, members) => {
    const manifest = { ...manifestOf(smallFiles), ...members } as unknown as BackupManifest;
    await expectDamaged(await sealRaw(Buffer.from(JSON.stringify(manifest))));
  });

  test.each([
    ['no JSON', Buffer.from('{')],
    ['not an object', Buffer.from('null')],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['empty', Buffer.alloc(0)],
  ])('with a manifest that is %s', async (_what, bytes) => {
    await expectDamaged(await sealRaw(bytes));
  });

  test('with an oversized manifest, which is not even read', async () => {
    await expectDamaged(await sealRaw(Buffer.alloc(65_537, ' ')));
    const claims4Gib = Buffer.from([0xff, 0xff, 0xff, 0xff]);
    await expectDamaged(await sealRaw(Buffer.alloc(0), claims4Gib));
  });

  /** A sealed stream that says what it likes. */
  async function sealRaw(manifest: Buffer, length = Buffer.alloc(4)): Promise<Buffer> {
    if (length.readUInt32BE() === 0) length.writeUInt32BE(manifest.length);
    const key = await streamKey();
    const sealer = key.createSealer();
    const header = encodeHeader({
      source: createPassphraseSource(),
      commitment: key.commitment,
      streamHeader: sealer.header,
    });
    return Buffer.concat([
      header,
      await collect(sealer.seal(once(Buffer.concat([length, manifest])), header)),
    ]);
  }
});
