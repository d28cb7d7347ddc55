import { builder } from './builder.ts';
import { admins } from './scopes.ts';
import { requesterOf } from './viewer.ts';

builder.objectType('InstanceRenamed', {
  authScopes: admins,
  description: 'The instance bears the new name, here and at the cloud.',
  fields: (t) => ({ instance: t.expose('instance', { type: 'Instance' }) }),
});

builder.objectType('InvalidName', {
  authScopes: admins,
  description: 'An instance cannot bear that name.',
  fields: (t) => ({ message: t.exposeString('message') }),
});

const RenameInstanceResult = builder.unionType('RenameInstanceResult', {
  types: ['InstanceRenamed', 'InvalidName', 'CloudUnavailable'],
  resolveType: ({ type }) => type,
});

builder.mutationField('renameInstance', (t) =>
  t.field({
    type: RenameInstanceResult,
    description: 'Gives this instance another name. Needs the role of an admin.',
    authScopes: admins,
    args: {
      name: t.arg.string({
        required: true,
        description: '1 to 64 characters after trimming, none that cannot be seen.',
      }),
    },
    resolve: async (_root, { name }, context) => context.instance.rename(name, requesterOf(context)),
  }),
);
