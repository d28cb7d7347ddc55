import type { GraphQLResolveInfo } from 'graphql';
import { expect, test } from 'vitest';
import { AccessError } from '../access/errors.ts';
import type { ChangeInQuestion } from './context.ts';
import { schemaOfInstances } from './index.ts';

const mutations = Object.values(schemaOfInstances().getMutationType()?.getFields() ?? {});

test('there are mutations', () => expect(mutations.length).toBeGreaterThan(1));

test.each(mutations.map((field) => [field.name, field] as const))(
  'row 28: %s waits for the change to be confirmed, and does nothing otherwise',
  async (_name, { resolve }) => {
    const refusal = new AccessError('unconfirmed', 'The cloud is silent.');
    const change: ChangeInQuestion = { confirm: async () => Promise.reject(refusal) };
    // Whatever else it touched would throw a TypeError.
    const resolved = resolve?.({}, {}, { change }, {} as GraphQLResolveInfo);
    await expect(resolved).rejects.toThrow('The change was not confirmed.');
    expect(change.refusal).toBe(refusal);
  },
);
