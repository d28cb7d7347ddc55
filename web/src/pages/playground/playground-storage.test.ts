import { beforeEach, expect, it } from 'vitest';
import { sessionWith } from '../../../test/sessions.ts';
import { endSession, saveSession } from '../../auth/token-store.ts';
import { playgroundStorage } from './playground-storage.ts';

let storage: Storage;

beforeEach(() => {
  storage = playgroundStorage('https://box.test');
  saveSession('https://box.test', sessionWith());
  localStorage.setItem('holdfast.playground.https://other.test.query', '{ viewer }');
});

it('keeps what one playground stores apart from another, and from everything else', () => {
  expect(storage.getItem('query')).toBeNull();
  storage.setItem('query', '{ instance }');
  expect(storage.getItem('query')).toBe('{ instance }');
  expect(storage.length).toBe(1);
  expect(storage.key(0)).toBe('query');
  expect(storage.key(1)).toBeNull();
  expect(playgroundStorage('https://other.test').getItem('query')).toBe('{ viewer }');
});

it('cannot reach a session', () => {
  expect(storage.getItem('holdfast.session.https://box.test')).toBeNull();
});

it('forgets its own entries only', () => {
  storage.setItem('query', '{ instance }');
  storage.setItem('tabs', '[]');
  storage.removeItem('tabs');
  expect(storage.getItem('tabs')).toBeNull();
  storage.clear();
  expect(storage.length).toBe(0);
  expect(localStorage).toHaveLength(2);
});

it('takes nothing while nobody is signed in', () => {
  storage.setItem('query', '{ instance }');
  endSession('https://box.test');
  storage.setItem('query', '{ viewer }');
  storage.setItem('tabs', '[]');
  expect(storage.getItem('query')).toBe('{ instance }');
  expect(storage.getItem('tabs')).toBeNull();
});
