import { expect, test } from 'vitest';
import { maximumNameLength, parseInstanceName } from './instance-name.ts';

test.each([
  ['Lab', 'Lab'],
  ['  Lab 2 ', 'Lab 2'],
  ['Küche 🍳', 'Küche 🍳'],
  ['実験室', '実験室'],
  ['<b>bold</b>', '<b>bold</b>'],
  ['x'.repeat(maximumNameLength), 'x'.repeat(maximumNameLength)],
  ['🍳'.repeat(maximumNameLength), '🍳'.repeat(maximumNameLength)],
])('%j is a name', (text, name) => expect(parseInstanceName(text)).toBe(name));

test.each([
  ['nothing', ''],
  ['spaces', ' \t '],
  ['too long', 'x'.repeat(maximumNameLength + 1)],
  ['a null', 'a\u0000b'],
  ['a line break', 'a\nb'],
  ['an escape', 'a\u001b[31mb'],
  ['a line separator', 'a\u2028b'],
  ['a right-to-left override', 'a\u202eb'],
  ['an isolate', 'a\u2066b'],
  ['a zero-width space', 'a\u200bb'],
  ['a byte order mark', 'a\ufeffb'],
])('%s is none', (_what, text) => expect(parseInstanceName(text)).toBeUndefined());
