import { builder } from './builder.ts';
import { authenticated } from './scopes.ts';

builder.objectType('Workspace', {
  authScopes: authenticated,
  description: 'Who owns instances.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
  }),
});

builder.objectType('Owner', {
  authScopes: authenticated,
  description: 'Who claimed this instance. It accepts tokens of this workspace only.',
  fields: (t) => ({
    workspace: t.expose('workspace', { type: 'Workspace' }),
    claimedAt: t.expose('claimedAt', { type: 'DateTime' }),
  }),
});
