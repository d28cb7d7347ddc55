import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { expect, it } from 'vitest';
import { startingQuery } from './starting-query.ts';

it('the first query that a playground shows is one that its instance understands', () => {
  const schema = buildSchema(readFileSync(join(import.meta.dirname, '../../../../schema.graphql'), 'utf8'));
  expect(validate(schema, parse(startingQuery))).toEqual([]);
});
