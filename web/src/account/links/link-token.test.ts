import { expect, it } from 'vitest';
import { takeLinkToken } from './link-token.ts';

function windowAt(hash: string) {
  const shown: unknown[] = [];
  const history = { state: 'state', replaceState: (...args: unknown[]) => void shown.push(args) };
  const location = { hash, pathname: '/reset-password' };
  return { shown, window: { location, history } as unknown as Window };
}

it('takes the token out of the address bar', () => {
  const { window, shown } = windowAt('#link=abc-DEF_123');
  expect(takeLinkToken(window)).toBe('abc-DEF_123');
  expect(shown).toEqual([['state', '', '/reset-password']]);
});

it.each(['', '#link=', '#user_code=WDJB-MJHT', '#link=a b', '#link=a&x=y'])('leaves “%s” alone', (hash) => {
  const { window, shown } = windowAt(hash);
  expect(takeLinkToken(window)).toBeUndefined();
  expect(shown).toEqual([]);
});
