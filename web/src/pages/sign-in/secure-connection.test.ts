import { describe, expect, it } from 'vitest';
import { connectionObstacle } from './secure-connection.ts';

describe('row 49: connectionObstacle', () => {
  it.each([
    'https://holdfast.example',
    'http://localhost:8080',
    'http://127.0.0.1:8080',
    'http://[::1]:8080',
  ])('allows %s from a secure page', (url) => expect(connectionObstacle(url, true)).toBeUndefined());

  it('refuses a page that is not a secure context', () => {
    expect(connectionObstacle('http://192.168.1.20:8080', false)).toBe('page');
  });

  it('refuses an instance over plain HTTP across a network', () => {
    expect(connectionObstacle('http://192.168.1.20:8080', true)).toBe('instance');
  });
});
