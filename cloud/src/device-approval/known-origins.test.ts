import { expect, test } from 'vitest';
import { testDatabase } from '../../test/test-database.ts';
import { KnownOrigins } from './known-origins.ts';

test('of 10,001 origins the one that was longest not signed in from is forgotten', async () => {
  await using store = await testDatabase();
  const known = await KnownOrigins.load(store.database);
  for (let index = 0; index < 10_000; index += 1) known.add(`https://${index}.example.test`);
  known.add('https://0.example.test');
  known.add('https://new.example.test');
  expect(['0', '1', '2', 'new'].map((name) => known.has(`https://${name}.example.test`))).toEqual([
    true,
    false,
    true,
    true,
  ]);
});
