import { builder } from './builder.ts';
import { claimants } from './scopes.ts';
import { claimsOf } from './viewer.ts';

builder.objectType('InstanceClaimed', {
  authScopes: claimants,
  description: "The instance belongs to the viewer's workspace now.",
  fields: (t) => ({
    instance: t.expose('instance', { type: 'Instance', grantScopes: ['claimer'] }),
  }),
});

builder.objectType('WrongClaimCode', {
  authScopes: claimants,
  description: 'The claim code is another one.',
  fields: (t) => ({
    message: t.exposeString('message'),
    triesLeft: t.exposeInt('triesLeft', {
      description: 'How many more codes are judged until the next restart.',
    }),
  }),
});

builder.objectType('OutdatedClaimCode', {
  authScopes: claimants,
  description:
    'The code came with the address of an earlier start of the instance. It was not compared, and has cost no try.',
  fields: (t) => ({ message: t.exposeString('message') }),
});

builder.objectType('ClaimLocked', {
  authScopes: claimants,
  description: 'Too many wrong codes: even the right one is refused until the instance is restarted.',
  fields: (t) => ({ message: t.exposeString('message') }),
});

builder.objectType('ClaimWindowClosed', {
  authScopes: claimants,
  description: 'The instance was not claimed within its claimWindow; a restart opens that again.',
  fields: (t) => ({ message: t.exposeString('message') }),
});

builder.objectType('AlreadyClaimed', {
  authScopes: claimants,
  description: 'The instance has an owner.',
  fields: (t) => ({ message: t.exposeString('message') }),
});

builder.objectType('CloudUnavailable', {
  authScopes: claimants,
  description: 'The cloud has to take part and does not. Nothing is lost: try again.',
  fields: (t) => ({ message: t.exposeString('message') }),
});

const ClaimInstanceResult = builder.unionType('ClaimInstanceResult', {
  types: [
    'InstanceClaimed',
    'WrongClaimCode',
    'OutdatedClaimCode',
    'ClaimLocked',
    'ClaimWindowClosed',
    'AlreadyClaimed',
    'CloudUnavailable',
  ],
  resolveType: ({ type }) => type,
});

builder.mutationField('claimInstance', (t) =>
  t.field({
    type: ClaimInstanceResult,
    description:
      "Makes the viewer's workspace the owner of this instance, once. Needs a valid access token with the role of an admin in that workspace, and the claim code that only the machine of the instance shows.",
    authScopes: claimants,
    args: {
      code: t.arg.string({
        required: true,
        description:
          'As printed, alone or with what follows it in the printed address; case, dashes and spaces do not matter.',
      }),
    },
    resolve: async (_root, { code }, context) =>
      context.instance.claim(claimsOf(context), code, context.source),
  }),
);
