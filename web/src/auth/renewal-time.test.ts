import { expect, it } from 'vitest';
import { requestRenewalTime, silentRenewalTime } from './renewal-time.ts';

const issuedAt = Date.UTC(2026, 10, 23, 12);

it.each([
  [86_400, 86_325, 86_370],
  [300, 225, 270],
  [150, 75, 120],
  [149, 74.5, 119],
  [120, 60, 90],
  [119, 59.5, 89.25],
  [60, 30, 45],
  [4, 2, 3],
])(
  'a token that lives %d s is renewed after %d s, or by a request after %d s',
  (life, silently, byRequest) => {
    const token = { accessTokenIssuedAt: issuedAt, accessTokenExpiresAt: issuedAt + life * 1_000 };
    expect(silentRenewalTime(token)).toBe(issuedAt + silently * 1_000);
    expect(requestRenewalTime(token)).toBe(issuedAt + byRequest * 1_000);
  },
);

it('one that is over on arrival is renewed when it ends', () => {
  const token = { accessTokenIssuedAt: issuedAt + 1, accessTokenExpiresAt: issuedAt };
  expect([silentRenewalTime(token), requestRenewalTime(token)]).toEqual([issuedAt, issuedAt]);
});

it('one whose time of issue is not known is taken for a long-lived one', () => {
  const token = { accessTokenIssuedAt: undefined, accessTokenExpiresAt: issuedAt + 60_000 };
  expect(silentRenewalTime(token)).toBe(issuedAt - 15_000);
  expect(requestRenewalTime(token)).toBe(issuedAt + 30_000);
});
