import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { SessionCookie } from './session-cookie.ts';

const name = 'holdfast.session_token';
const secret = 'a secret of the cloud, long enough for anybody';
const token = 'Tq3ZkX9_s-7mPp0WnV4bYc2dEf6gHi8j';
const cookie = new SessionCookie(name, secret);

test('the token of a cookie that the cloud has signed, among others', () => {
  expect(tokenIn(`theme=dark; ${name}=${signed(token)}; ${name}2=x.y`)).toBe(token);
});

test.each<[string, string]>([
  ['no cookie', ''],
  ['another cookie', `other=${signed(token)}`],
  ['no signature', `${name}=${token}`],
  ['an empty one', `${name}=`],
  [
    'a signature with another secret',
    `${name}=${signed(token, 'another secret, just as long as the first one')}`,
  ],
  ['the signature of another token', `${name}=${signed('another').replace('another', token)}`],
  ['a signature that is cut short', `${name}=${signed(token).slice(0, -4)}`],
  ['an encoding that is none', `${name}=%E0%A4%A`],
])('none for %s', (_what, header) => {
  expect(tokenIn(header)).toBeUndefined();
});

test('two cookies are refused, whichever of them is signed', () => {
  for (const other of ['planted', signed('another')]) {
    expect(() => tokenIn(`${name}=${signed(token)}; ${name}=${other}`)).toThrow('a second sign-in cookie');
  }
});

function tokenIn(header: string): string | undefined {
  return cookie.tokenIn(new Headers({ cookie: header }));
}

/** As better-auth does it. */
function signed(value: string, key = secret): string {
  return encodeURIComponent(`${value}.${createHmac('sha256', key).update(value).digest('base64')}`);
}
