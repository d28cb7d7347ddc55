import { builder } from './builder.ts';

builder.objectType('Account', {
  description: 'An account at the cloud, as it called itself at the time.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name'),
    email: t.exposeString('email'),
  }),
});
