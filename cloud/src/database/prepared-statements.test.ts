import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { PreparedStatements } from './prepared-statements.ts';

test('a statement in use is prepared once, however many others come and go', () => {
  using sqlite = new DatabaseSync(':memory:');
  const prepare = vi.spyOn(sqlite, 'prepare');
  const statements = new PreparedStatements(sqlite);
  for (let index = 0; index < 1_000; index += 1) {
    expect(statements.run('SELECT ? AS answer', [index]).rows).toEqual([{ answer: index }]);
    expect(statements.run(`SELECT ${index} AS answer`).rows).toEqual([{ answer: index }]);
  }
  const preparedFor = (sql: string) => prepare.mock.calls.filter(([text]) => text === sql).length;
  expect(preparedFor('SELECT ? AS answer')).toBe(1);
  // One that was not in use was forgotten.
  statements.run('SELECT 0 AS answer');
  expect(preparedFor('SELECT 0 AS answer')).toBe(2);
});
