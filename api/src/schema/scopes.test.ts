import {
  buildSchema,
  execute,
  extendSchema,
  GraphQLObjectType,
  GraphQLSchema,
  isObjectType,
  parse,
} from 'graphql';
import { expect, test } from 'vitest';
import type { Access } from '../access/authentication.ts';
import type { AccessTokenClaims } from '../access/token-verification.ts';
import { schemaOfInstances } from './index.ts';

const schema = schemaOfInstances();

/** What the builder was told about a type or a field. */
interface Declared {
  readonly pothosOptions?: { readonly authScopes?: object; readonly skipTypeScopes?: boolean };
}

/** The coordinates of all fields that nobody has said who may read. */
function fieldsWithoutScope(of: GraphQLSchema): string[] {
  return Object.values(of.getTypeMap())
    .filter((type) => isObjectType(type))
    .filter(({ name }) => !name.startsWith('__'))
    .flatMap((type) => {
      const ofType = (type.extensions as Declared).pothosOptions?.authScopes;
      return Object.values(type.getFields())
        .filter(({ extensions }) => {
          const { authScopes, skipTypeScopes } = (extensions as Declared).pothosOptions ?? {};
          return authScopes === undefined && (ofType === undefined || skipTypeScopes === true);
        })
        .map(({ name }) => `${type.name}.${name}`);
    });
}

test('every field says who may read it', () => {
  expect(fieldsWithoutScope(schema)).toEqual([]);
});

test('a field that does not is found, at the roots and below', () => {
  const extended = extendSchema(
    schema,
    parse(`
      extend type Query { everything: String }
      extend type Mutation { deleteEverything: Secret }
      extend type Subscription { everythingChanged: String }
      extend type Instance { secret: String }
      type Secret { value: String }
    `),
  );
  expect(fieldsWithoutScope(extended).toSorted()).toEqual([
    'Instance.secret',
    'Mutation.deleteEverything',
    'Query.everything',
    'Secret.value',
    'Subscription.everythingChanged',
  ]);
  expect(fieldsWithoutScope(buildSchema('type Query { a: Int }'))).toEqual(['Query.a']);
});

test('an object is guarded by its type, should the field that leads to it be open by mistake', async () => {
  const ask = async (access: Access) =>
    execute({
      // Fields of this schema lead to the types of the other, without what guards the way.
      schema: new GraphQLSchema({
        query: new GraphQLObjectType({
          name: 'Query',
          fields: { account: { type: schema.getType('Account') as GraphQLObjectType } },
        }),
      }),
      document: parse('{ account { email } }'),
      rootValue: { account: { id: '1', name: 'Ann', email: 'ann@example.test' } },
      contextValue: { access },
    });
  const claims = { role: 'member' } as AccessTokenClaims;
  const member: Access = { kind: 'authenticated', claims, isMember: true };
  expect((await ask(member)).data).toEqual({ account: { email: 'ann@example.test' } });
  for (const access of [
    { kind: 'anonymous' } as const,
    { ...member, isMember: false },
    { ...member, claims: { ...claims, role: 'viewer' as const } },
  ])
    expect(await ask(access)).toMatchObject({
      data: { account: null },
      errors: [{ extensions: { code: expect.stringMatching(/^(unauthenticated|unclaimed|forbidden)$/) } }],
    });
});
