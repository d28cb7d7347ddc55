import { describe, expect, it } from 'vitest';
import { addressWords } from './address-words.ts';
import { browserName } from './browser-name.ts';
import { instanceNameProblem, suggestInstanceName } from './instance-name.ts';

describe('browserName', () => {
  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'Firefox 140 on Windows',
    ],
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      'Chrome 142 on Linux',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
      'Edge 142 on Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
      'Safari 19 on macOS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1',
      'Safari 19 on iPhone',
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
      'Chrome 142 on Android',
    ],
    ['curl/8.5.0', 'Not a known browser: curl/8.5.0'],
    ['x'.repeat(100), `Not a known browser: ${'x'.repeat(80)}…`],
    ['  ', 'A program that does not say its name'],
  ])('%s', (userAgent, words) => expect(browserName(userAgent)).toBe(words));
});

describe('addressWords', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1 (the computer that runs this cloud)'],
    ['::1', '::1 (the computer that runs this cloud)'],
    ['::ffff:127.0.0.1', '127.0.0.1 (the computer that runs this cloud)'],
    ['192.168.1.20', '192.168.1.20 (a private network)'],
    ['172.16.0.1', '172.16.0.1 (a private network)'],
    ['fd12:3456::1', 'fd12:3456::1 (a private network)'],
    ['fe80::1', 'fe80::1 (a private network)'],
    ['172.32.0.1', '172.32.0.1'],
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
  ])('%s', (address, words) => expect(addressWords(address)).toBe(words));
});

describe('the name of an instance', () => {
  it('has 1 to 64 characters after trimming, none of them a control character', () => {
    expect(instanceNameProblem(` ${'x'.repeat(64)} `)).toBeNull();
    expect(instanceNameProblem('  ')).toMatch(/^Give/);
    expect(instanceNameProblem('x'.repeat(65))).toMatch(/at most 64 characters; these are 65/);
    expect(instanceNameProblem('two\nlines')).toMatch(/^Use letters/);
  });

  it.each([
    ['Lab', 'Ada Lovelace', 'Lab'],
    [null, 'Ada Lovelace', 'Ada’s instance'],
    ['  ', ' Ada ', 'Ada’s instance'],
    [null, 'x'.repeat(64), 'My instance'],
    ['x'.repeat(65), 'Ada', 'My instance'],
  ])('proposed for %j of %j is %j', (ownName, person, proposal) => {
    expect(suggestInstanceName(ownName, person)).toBe(proposal);
  });
});
