import { expect, test } from 'vitest';
import { beginning, decodeCursor, encodeCursor } from './page.ts';

test('a cursor leads back to its position', () => {
  for (const position of [
    { at: 0, id: 1 },
    { at: 1_795_392_000_000, id: 999_999_999_999 },
  ]) {
    expect(decodeCursor(encodeCursor(position))).toEqual(position);
  }
});

test.each([
  '',
  'x',
  '1.2',
  Buffer.from('1.2.3').toString('base64url'),
  Buffer.from('1').toString('base64url'),
  Buffer.from('-1.2').toString('base64url'),
  Buffer.from('01.2').toString('base64url'),
  Buffer.from('1.2 OR 1').toString('base64url'),
  `${encodeCursor({ at: 1, id: 2 })}=`,
  ` ${encodeCursor({ at: 1, id: 2 })}`,
  encodeCursor({ at: 1e21, id: 2 }),
  encodeCursor(beginning),
  'A'.repeat(100),
])('“%s” is no cursor', (text) => {
  expect(decodeCursor(text)).toBeUndefined();
});
