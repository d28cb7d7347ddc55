import { describe, expect, it } from 'vitest';
import { addressWords } from './address-words.ts';

describe('addressWords', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1 (the computer that runs this instance)'],
    ['::1', '::1 (the computer that runs this instance)'],
    ['::ffff:127.0.0.1', '127.0.0.1 (the computer that runs this instance)'],
    ['192.168.1.20', '192.168.1.20 (a private network)'],
    ['172.16.0.1', '172.16.0.1 (a private network)'],
    ['fd12:3456::1', 'fd12:3456::1 (a private network)'],
    ['fe80::1', 'fe80::1 (a private network)'],
    ['172.32.0.1', '172.32.0.1'],
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
  ])('%s', (address, words) => expect(addressWords(address, 'instance')).toBe(words));
});
