import { expect, test } from 'vitest';
import { maximumNameLength, parseInstanceName } from './instance-name.ts';

test.each([
  ['Lab', 'Lab'],
  ['  Lab 2 ', 'Lab 2'],
  ['Küche 🍳', 'Küche 🍳'],
  ['実験室', '実験室'],
  ['مختبر', 'مختبر'],
  ['प्रयोगशाला', 'प्रयोगशाला'],
  ['❤\ufe0f', '❤\ufe0f'],
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
  ['a Hangul filler alone', '\u3164'],
  ['a halfwidth Hangul filler', 'a\uffa0'],
  ['a word joiner', '\u2060x'],
  ['a soft hyphen', 'a\u00adb'],
  ['an Arabic letter mark', 'x\u061cy'],
  ['a combining grapheme joiner', 'a\u034fb'],
  ['an empty braille pattern', 'Your bank \u2800'],
  ['a tag character', 'x\u{e0041}'],
  ['an interlinear annotation', 'a\ufff9b'],
  ['half a character', 'a\ud83cb'],
  ['a variation selector alone', '\ufe0f'],
  ['an accent alone', '\u0301'],
])('%s is none', (_what, text) => expect(parseInstanceName(text)).toBeUndefined());
