import { chmod, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { putPipe } from '../../test/pipe.ts';
import { temporaryDirectory } from '../../test/temporary-directory.ts';
import type { Reach } from '../reach-config.ts';
import { makeSelfSignedCertificate } from '../tls/self-signed-certificate.ts';
import { examineCertificate } from './certificate.ts';

const day = 86_400_000;
const now = Date.parse('2026-11-23T12:00:00Z');

interface Case {
  readonly names?: string[];
  /** Days from now. */
  readonly from?: number;
  readonly to?: number;
  readonly reach?: Reach;
  readonly host?: string;
  /** Done to the files before they are looked at. */
  readonly change?: Change;
}

type Change = (files: { certificateFile: string; keyFile: string }) => Promise<void>;

async function examine({
  names = ['lab.example.com'],
  from = -1,
  to = 90,
  reach = { allowedHosts: ['lab.example.com:8443'] },
  host = '0.0.0.0',
  change,
}: Case) {
  await using directory = await temporaryDirectory();
  const files = {
    certificateFile: join(directory.path, 'cert.pem'),
    keyFile: join(directory.path, 'key.pem'),
  };
  const pem = makeSelfSignedCertificate(names, new Date(now + from * day), new Date(now + to * day));
  await writeFile(files.certificateFile, pem);
  await writeFile(files.keyFile, pem, { mode: 0o600 });
  await change?.(files);
  return await examineCertificate({ ...reach, tls: { kind: 'files', ...files } }, host, now);
}

test.each<[string, Case]>([
  ['for its name', {}],
  ['for the public name', { reach: { publicUrl: 'https://lab.example.com' }, host: '192.0.2.7' }],
  ['by a wildcard', { names: ['*.example.com'] }],
  [
    'for its addresses',
    { names: ['192.0.2.7', '2001:db8::7'], reach: { allowedHosts: ['[2001:db8::7]'] }, host: '192.0.2.7' },
  ],
  ['for this machine only', { names: ['x.test'], reach: {}, host: '127.0.0.1' }],
])('a certificate that is good %s', async (_how, options) => {
  expect(await examine(options)).toEqual([
    { check: 'Certificate', verdict: 'ok', message: expect.stringContaining('until 2027-02-21') },
  ]);
});

describe('a certificate that', () => {
  test.each<[string, Case, 'warning' | 'problem', string, string]>([
    ['has expired', { from: -90, to: -1 }, 'problem', 'expired on 2026-11-22', 'Renew'],
    ['expires soon', { to: 13 }, 'warning', 'expires on 2026-12-06', 'Renew'],
    ['is not valid yet', { from: 1 }, 'problem', 'not valid before 2026-11-24', 'clock'],
    [
      'is for another name',
      { names: ['other.test'] },
      'problem',
      'not for lab.example.com, but for DNS:other.test',
      '--allow-host',
    ],
    ['is not for the address', { host: '192.0.2.7' }, 'problem', 'not for 192.0.2.7', '--public-url'],
    [
      'has the key of another',
      {
        change: async ({ keyFile }) =>
          writeFile(keyFile, makeSelfSignedCertificate(['x'], new Date(now), new Date(now + day))),
      },
      'problem',
      'do not belong together',
      '--tls-key',
    ],
    [
      'has a key that others may read',
      { change: async ({ keyFile }) => chmod(keyFile, 0o644) },
      'problem',
      'can be read by other users',
      'chmod 600',
    ],
    [
      'is none',
      { change: async ({ certificateFile }) => writeFile(certificateFile, 'x') },
      'problem',
      'none in PEM form',
      '--tls-cert',
    ],
    [
      'is far too large',
      { change: async ({ certificateFile }) => truncate(certificateFile, 1_048_577) },
      'problem',
      'cannot be read: it is far too large',
      '--tls-cert',
    ],
  ])('%s', async (_what, options, verdict, message, remedy) => {
    expect(await examine(options)).toEqual([
      {
        check: 'Certificate',
        verdict,
        message: expect.stringContaining(message),
        remedy: expect.stringContaining(remedy),
      },
    ]);
  });
});

describe.skipIf(process.platform === 'win32')('what never ends is not waited for, as', () => {
  test.each<[string, Change]>([
    ['a pipe in place of the certificate', async ({ certificateFile }) => putPipe(certificateFile)],
    [
      'a device in place of the certificate',
      async ({ certificateFile }) => {
        await rm(certificateFile);
        await symlink('/dev/zero', certificateFile);
      },
    ],
    ['a pipe in place of the key', async ({ keyFile }) => putPipe(keyFile)],
  ])('%s', async (_what, change) => {
    expect(await examine({ change })).toMatchObject([
      { verdict: 'problem', message: expect.stringMatching(/(?:it is no|is not a) regular file\.$/) },
    ]);
  });
});

test('one that the instance makes needs nobody', async () => {
  expect(await examineCertificate({ tls: { kind: 'self-signed' } }, '0.0.0.0', now)).toMatchObject([
    { verdict: 'ok' },
  ]);
  expect(await examineCertificate({}, '0.0.0.0', now)).toEqual([]);
});
