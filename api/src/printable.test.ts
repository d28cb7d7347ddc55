import { describe, expect, test } from 'vitest';
import { printable, quotable } from './printable.ts';

test('what a terminal would obey is spelt out', () => {
  expect(printable('a\u001b[2Jb\nc\u202Ed\u0007é“”😀')).toBe('a\\u{1b}[2Jb\\u{a}c\\u{202e}d\\u{7}é“”😀');
});

describe('row 48: a flag is quoted without what is secret in a URL', () => {
  test.each([
    ['http://ann:hunter2@cloud.test', 'http://…@cloud.test'],
    ['http://ann:hun?t#er2@cloud.test', 'http://…@cloud.test'],
    ['http://ann:hun@ter2/x@cloud.test/y', 'http://…@cloud.test/y'],
    ['HTTPS://hunter2@cloud.test', 'HTTPS://…@cloud.test'],
    ['http:ann:hunter2@cloud.test', 'http:…@cloud.test'],
    ['ann:hunter2@127.0.0.1:80', '…@127.0.0.1:80'],
    ['https://cloud.test/?token=hunter2', 'https://cloud.test/?…'],
    ['https://cloud.test/#hunter2', 'https://cloud.test/?…'],
  ])('%s', (value, quoted) => expect(quotable(value)).toBe(quoted));

  test('and otherwise as it is', () => {
    for (const value of ['everywhere', 'http://cloud.example', '::1', '10.0.0.0/99'])
      expect(quotable(value)).toBe(value);
  });
});
