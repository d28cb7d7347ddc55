import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { forgetPageKey, pageKey } from './page-key.ts';

beforeEach(() => forgetPageKey());
afterEach(() => vi.restoreAllMocks());

it('is 32 random bytes, the same until it is forgotten', () => {
  const first = pageKey();
  expect(first).toMatch(/^[0-9a-f]{64}$/);
  expect(pageKey()).toBe(first);
  forgetPageKey();
  expect(pageKey()).not.toBe(first);
});

it('outlives the page, and is what another tab has made', () => {
  pageKey();
  localStorage.setItem('holdfast.page-key', 'ab'.repeat(32));
  expect(pageKey()).toBe('ab'.repeat(32));
});

it.each(['', 'ab', 'AB'.repeat(32), 'xy'.repeat(32)])('replaces what is none: %j', (stored) => {
  localStorage.setItem('holdfast.page-key', stored);
  expect(pageKey()).toMatch(/^[0-9a-f]{64}$/);
  expect(localStorage.getItem('holdfast.page-key')).toBe(pageKey());
});

it('stays the same for the page where storage is blocked', () => {
  const blocked = () => {
    throw new DOMException('Denied', 'SecurityError');
  };
  vi.stubGlobal('localStorage', { getItem: blocked, setItem: blocked, removeItem: blocked, clear() {} });
  const first = pageKey();
  expect(pageKey()).toBe(first);
  forgetPageKey();
  expect(pageKey()).not.toBe(first);
});
