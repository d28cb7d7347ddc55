import { describe, expect, test } from 'vitest';
import { findCanaries, formsOf } from './canary-search.ts';

describe('the search', () => {
  const secret = 'canary 0123/+?';

  test.each([
    ['in clear', Buffer.from(`a ${secret} b`)],
    ['in a URL', Buffer.from(`?x=${encodeURIComponent(secret)}`)],
    ['in hex', Buffer.from(Buffer.from(`a${secret}b`).toString('hex'))],
    ...['', '1', '12'].map((before) => [
      `in base64, ${before.length} bytes in`,
      Buffer.from(Buffer.from(`${before}${secret}and more`).toString('base64')),
    ]),
    ...['', '1', '12'].map((before) => [
      `in base64url, ${before.length} bytes in`,
      Buffer.from(Buffer.from(`${before}${secret}`).toString('base64url')),
    ]),
  ] as [string, Buffer][])('finds a secret %s', (form, content) => {
    expect(findCanaries(new Map([['it', secret]]), new Map([['a file', content]]))).toContain(
      `it ${form} in a file`,
    );
  });

  test('finds nothing where nothing is', () => {
    const places = new Map([['a file', Buffer.from('canary 0123')]]);
    expect(findCanaries(new Map([['it', secret]]), places)).toEqual([]);
    for (const form of formsOf(secret).values()) expect(form.length).toBeGreaterThan(12);
  });
});
