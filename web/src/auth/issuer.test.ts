import * as oauth from 'oauth4webapi';
import { describe, expect, it } from 'vitest';
import { parseIssuer, transportOptions } from './issuer.ts';

describe('parseIssuer', () => {
  it.each([
    'https://cloud.test',
    'https://cloud.test/tenant',
    'http://localhost:7070',
    'http://127.0.0.1:7070',
  ])('accepts %s', (issuer) => expect(parseIssuer(issuer).href).toBe(new URL(issuer).href));

  it.each([
    'http://cloud.test',
    'https://cloud.test?tenant=1',
    'https://cloud.test#tenant',
    'https://somebody@cloud.test',
    'https://:secret@cloud.test',
    'javascript:alert(1)',
    'cloud.test',
    '',
  ])('refuses %j and names it', (issuer) => {
    expect(() => parseIssuer(issuer)).toThrow(
      expect.objectContaining({
        code: 'untrusted-issuer',
        message: expect.stringContaining(JSON.stringify(issuer)),
      }),
    );
  });
});

it('http is let through only to an issuer that is http itself', () => {
  expect(transportOptions(new URL('https://cloud.test'))).toEqual({});
  expect(transportOptions(new URL('http://localhost:7070'))).toEqual({ [oauth.allowInsecureRequests]: true });
});
