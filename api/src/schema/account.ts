import { builder } from './builder.ts';
import { members } from './scopes.ts';

builder.objectType('Account', {
  authScopes: members,
  description: 'An account at the cloud, as it called itself at the time.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    email: t.exposeString('email'),
  }),
});
