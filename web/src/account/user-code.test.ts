import { describe, expect, it } from 'vitest';
import { formatUserCode, parseUserCode } from './user-code.ts';

describe('formatUserCode', () => {
  it.each([
    ['', ''],
    ['w', 'W'],
    ['wdjb', 'WDJB'],
    ['wdjbm', 'WDJB-M'],
    ['WDJB-MJHT', 'WDJB-MJHT'],
    ['wdjb mjht', 'WDJB-MJHT'],
    ['wd_jb.mj/ht', 'WDJB-MJHT'],
    ['WDJBMJHTXX', 'WDJB-MJHT'],
    ['<b>é', 'B'],
  ])('writes %j as %j', (typed, written) => {
    expect(formatUserCode(typed)).toBe(written);
  });
});

describe('parseUserCode', () => {
  it.each(['WDJB-MJHT', 'wdjbmjht', '  wdjb mjht ', 'WDJB–MJHT', 'wdjb_mjht', 'W.D.J.B.M.J.H.T'])(
    'reads %j',
    (typed) => expect(parseUserCode(typed)).toBe('WDJB-MJHT'),
  );

  it.each(['', 'WDJB-MJH', 'WDJB-MJHTX', 'WDJB/MJHT', 'WDJB-MJHÉ', '<script>'])('refuses %j', (typed) => {
    expect(parseUserCode(typed)).toBeUndefined();
  });
});
