import { describe, expect, test } from 'vitest';
import { createLogger, redact } from './logger.ts';

const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';
const opaque = 'THfm1LjpYCNFqkUhDu3q7TTU2H8Tr-VOUl1MblCMan9';

describe('row 48: redacted, wherever it stands', () => {
  test.each([
    ['a JWT', `failed: ${jwt} is bad`, jwt],
    ['a JWT without a signature', 'eyJhbGciOiJub25lIn0.e30.', 'eyJhbGciOiJub25lIn0'],
    ['Authorization: Bearer', `authorization: Bearer ${opaque}`, opaque],
    ['Authorization: DPoP', `authorization: dpop ${opaque}`, opaque],
    ['Authorization: Basic', 'authorization: Basic YTpiYzpk', 'YTpiYzpk'],
    ['a user code', 'user typed BCDF-GHJK twice', 'BCDF-GHJK'],
    ['a form', `grant_type=refresh_token&refresh_token=${opaque}&client_id=x`, opaque],
    ['a form with a device code', `device_code=${opaque}`, opaque],
    ['JSON', JSON.stringify({ client_secret: opaque }), opaque],
    ['JSON with spaces', `{ "access_token" : "${opaque}" }`, opaque],
    ['JSON in JSON', JSON.stringify({ body: JSON.stringify({ refresh_token: opaque }) }), opaque],
    ['a password of several words', JSON.stringify({ password: 'correct horse battery staple' }), 'battery'],
    ['a password with punctuation', JSON.stringify({ password: 'a,b;c&d}e' }), 'd}e'],
    [
      'a password in JSON in JSON',
      JSON.stringify({ body: JSON.stringify({ password: 'correct horse' }) }),
      'horse',
    ],
    ['a password with a quote in it', JSON.stringify({ password: 'one"two three' }), 'three'],
    ['an object as Node.js prints it', `{ password: 'correct horse', user: 'ann' }`, 'horse'],
    ['a cookie', `cookie: holdfast-1234.session_token=${opaque}.sig`, opaque],
    ['a page key', JSON.stringify({ 'holdfast-page-key': opaque }), opaque],
    ['a second cookie', `cookie: a=b; holdfast-1234.session_token=${opaque}.sig`, opaque],
  ])('%s', (_what, line, secret) => expect(redact(line)).not.toContain(secret));
});

test.each([
  'refused an OAuth request',
  '{"error":"invalid_token","route":"token"}',
  '{"error":"authorization_pending","interval":5}',
  '/token/revocation',
  '{"path":"/api/instance","status":401,"milliseconds":3}',
  'HTTP 2026-01-02T03:04:05.678Z',
  '4d5c7a1e-0b1f-4c1e-9c55-8f0f6a0d9b11',
])('left as it is: %s', (line) => expect(redact(line)).toBe(line));

test('a line stays JSON, with everything beside the secret', () => {
  const lines: string[] = [];
  const logger = createLogger({ destination: { write: (line) => void lines.push(line) } });
  logger.info(
    { password: 'correct horse', user: 'ann', body: `{"token":"${opaque}","a":1}` },
    `Bearer ${opaque}`,
  );
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    service: 'cloud',
    password: '[redacted]',
    user: 'ann',
    body: '{"token":"[redacted]","a":1}',
    msg: 'Bearer [redacted]',
  });
});

test('errors are redacted as well', () => {
  const lines: string[] = [];
  const logger = createLogger({ destination: { write: (line) => void lines.push(line) } });
  logger.error(
    { err: new Error(`bad token=${opaque}`, { cause: new Error(`refresh_token: '${opaque}'`) }) },
    'x',
  );
  expect(lines.join('')).not.toContain(opaque);
});

test('the level decides what is written', () => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'warn', destination: { write: (line) => void lines.push(line) } });
  logger.info('quiet');
  logger.warn('loud');
  expect(lines).toEqual([expect.stringContaining('loud')]);
});
