import { expect, test } from 'vitest';
import { isAtLeast, isRole, roles } from './roles.ts';

test('each role may do what it and those before it may', () => {
  const table = roles.map((role) => roles.filter((least) => isAtLeast(role, least)));
  expect(table).toEqual([
    ['viewer'],
    ['viewer', 'member'],
    ['viewer', 'member', 'admin'],
    ['viewer', 'member', 'admin', 'owner'],
  ]);
});

test('only the four are roles', () => {
  expect(roles.every(isRole)).toBe(true);
  for (const other of ['Owner', 'owner ', '', 'root', null, undefined, 3, {}, ['owner']])
    expect(isRole(other), JSON.stringify(other)).toBe(false);
});
