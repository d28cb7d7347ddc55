import { builder } from './builder.ts';
import { members } from './scopes.ts';

builder.objectType('PageInfo', {
  authScopes: members,
  description: 'Where a page ends.',
  fields: (t) => ({
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description: 'What to ask for the next page with (`after`); null on an empty page.',
    }),
    hasNextPage: t.exposeBoolean('hasNextPage'),
  }),
});
