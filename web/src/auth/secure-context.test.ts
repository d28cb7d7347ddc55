import { describe, expect, it, vi } from 'vitest';
import { assertSecureContext, isConfidential, isLoopbackHost } from './secure-context.ts';

describe('isConfidential', () => {
  it.each([
    'https://cloud.test/device',
    'http://localhost:7070',
    'http://127.0.0.1:8080',
    'http://127.1.2.3',
    'http://[::1]:8080',
  ])('trusts %s', (url) => expect(isConfidential(new URL(url))).toBe(true));

  it.each([
    'http://cloud.test',
    'http://192.168.1.20:8080',
    'http://localhost.attacker.test',
    'http://127.0.0.1.attacker.test',
    'http://[::2]',
    'ftp://localhost',
    'javascript:alert(1)',
  ])('does not trust %s', (url) => expect(isConfidential(new URL(url))).toBe(false));
});

it('knows loopback addresses in every spelling that URL normalizes', () => {
  expect(isLoopbackHost(new URL('http://2130706433').hostname)).toBe(true);
  expect(isLoopbackHost(new URL('http://[0:0:0:0:0:0:0:1]').hostname)).toBe(true);
  expect(isLoopbackHost(new URL('http://128.0.0.1').hostname)).toBe(false);
});

describe('assertSecureContext', () => {
  it('accepts a browser with SubtleCrypto and Web Locks', () => {
    expect(assertSecureContext).not.toThrow();
  });

  it('refuses a page without SubtleCrypto, with the way out', () => {
    vi.stubGlobal('crypto', { getRandomValues: () => {} });
    expect(assertSecureContext).toThrow(
      expect.objectContaining({ code: 'insecure-context', message: expect.stringContaining('https') }),
    );
  });

  it('refuses a page without Web Locks', () => {
    Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true });
    expect(assertSecureContext).toThrow(expect.objectContaining({ code: 'insecure-context' }));
  });
});
