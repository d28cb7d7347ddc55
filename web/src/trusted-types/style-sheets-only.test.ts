import { expect, test } from 'vitest';
import { onlyStyleSheet } from './style-sheets-only.ts';

test.each(['', ':root{--a: 1px;}', '@media (min-width: 48em) {.m{display: none;}}\n', '.a > .b{color: red}'])(
  'passes as a style sheet: %j',
  (text) => expect(onlyStyleSheet(text)).toBe(text),
);

test.each([
  '<b>bold</b>',
  '<img src=x onerror=alert(1)>',
  '</style><script>alert(1)</script>',
  '.a{}<script>alert(1)</script>',
  '.a{}<!--',
  'plain text',
  '&lt;b&gt;',
])('row 29: does not pass: %j', (text) => expect(onlyStyleSheet(text)).toBeUndefined());
