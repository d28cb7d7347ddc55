import { describe, expect, test } from 'vitest';
import { createLogger, redact } from './logger.ts';

const opaque = 'THfm1LjpYCNFqkUhDu3q7TTU2H8Tr-VOUl1MblCMan9';

describe('row 48: redacted, wherever it stands', () => {
  test.each([
    ['a JWT', 'failed: eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl', 'eyJzdWIiOiJhIn0'],
    ['an Authorization header', `authorization: DPoP ${opaque}`, opaque],
    ['a claim code', 'somebody typed 0123Z-VWX1J', '0123Z-VWX1J'],
    ['the address with the claim code', 'opened http://127.0.0.1:8080/#claim=0123Z-VWX1J', '0123Z'],
    ['JSON', JSON.stringify({ client_secret: opaque }), opaque],
    ['JSON in JSON', JSON.stringify({ body: JSON.stringify({ access_token: opaque }) }), opaque],
    ['a secret of several words', JSON.stringify({ password: 'correct horse battery' }), 'battery'],
    ['a registration', JSON.stringify({ registration_access_token: opaque }), opaque],
    ['a name in camel case', JSON.stringify({ clientSecret: opaque }), opaque],
    ['a passphrase', JSON.stringify({ passphrase: 'correct horse battery' }), 'battery'],
    [
      'a passphrase in JSON in JSON',
      JSON.stringify({ a: JSON.stringify({ passphrase: 'a horse' }) }),
      'horse',
    ],
    ['a bare passphrase', 'HOLDFAST_PASSPHRASE=correct horse battery', 'battery'],
    ['a bare passphrase in JSON', JSON.stringify({ msg: 'new passphrase: a "horse"\\battery' }), 'battery'],
    ['a form', `grant_type=client_credentials&client_secret=${opaque}`, opaque],
  ])('%s', (_what, line, secret) => expect(redact(line)).not.toContain(secret));
});

test.each([
  '{"error":"invalid_token"}',
  '{"code":"ENOENT"}',
  '{"msg":"Name it with --passphrase-file. The passphrase has 5 characters."}',
  '{"path":"/data/secrets.db","msg":"HOLDFAST_PASSPHRASE_FILE=/run/passphrase"}',
  '{"clientId":"4d5c7a1e-0b1f-4c1e-9c55-8f0f6a0d9b11"}',
])('left as it is: %s', (line) => expect(redact(line)).toBe(line));

test('a line stays JSON', () => {
  const lines: string[] = [];
  createLogger({ destination: { write: (line) => void lines.push(line) } }).info(
    { token: opaque, path: '/x' },
    'read',
  );
  expect(JSON.parse(lines.join(''))).toMatchObject({ token: '[redacted]', path: '/x', msg: 'read' });
});
