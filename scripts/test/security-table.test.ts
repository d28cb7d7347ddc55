import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../builds.cjs';

const read = (path: string) => readFileSync(join(repositoryRoot, path), 'utf8');

/** The rows of the table in docs/security.md: their numbers, and the tests that they name. */
const rows = [...read('docs/security.md').matchAll(/^\| (\d+) \|.*$/gm)].map(
  ([line, number]) =>
    [
      Number(number),
      [...line.matchAll(/`([^`]+\.(?:test|spec)\.ts)`/g)].map(([, path = '']) => path),
    ] as const,
);

/** Whether a test says that it shows the row, as in "row 4, 5: Host" and "rows 20, 35: with nonces". */
function names(path: string, row: number): boolean {
  const lists = [...read(path).matchAll(/\brows? (\d+(?:(?:, | and )\d+)*)/gi)].map(([, list = '']) => list);
  return lists.some((list) => list.split(/, | and /).includes(String(row)));
}

test('there is a table, each row once', () => {
  expect(rows.length).toBeGreaterThan(50);
  expect(new Set(rows.map(([row]) => row)).size).toBe(rows.length);
});

test.each(rows)(
  'row %i of docs/security.md leads to tests that are there, and one of them names it',
  (row, paths) => {
    expect(paths.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
    expect(paths.filter((path) => names(path, row))).not.toEqual([]);
  },
);
