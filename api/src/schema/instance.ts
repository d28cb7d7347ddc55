import { builder } from './builder.ts';
import type { InstanceState as State } from './context.ts';

const InstanceState = builder.enumType('InstanceState', {
  description: 'How far an instance has come.',
  values: {
    UNREGISTERED: { value: 'UNREGISTERED', description: 'Its cloud does not know it yet.' },
    UNCLAIMED: { value: 'UNCLAIMED', description: 'Registered, without an owner: nobody can use it.' },
    CLAIMED: { value: 'CLAIMED', description: 'Bound to the workspace that claimed it.' },
  } satisfies Record<State, object>,
});

/** For members, and in the answer to the claim that has just made somebody one. */
const membersOnly = { $any: { member: true, $granted: 'claimer' } } as const;

builder.objectType('Instance', {
  description:
    'This instance. Fields that say so are public; the others need a token of a member of its owner.',
  fields: (t) => ({
    id: t.exposeID('id', {
      nullable: true,
      description: 'Its client ID at the cloud; null until it is registered. Public.',
    }),
    state: t.expose('state', { type: InstanceState, description: 'Public.' }),
    version: t.exposeString('version', { description: 'Public.' }),
    resource: t.exposeString('resource', {
      nullable: true,
      description:
        'Its resource identifier (RFC 8707), the audience of tokens for it; null until it is registered. Public.',
    }),
    cloud: t.expose('cloud', { type: 'Cloud', description: 'Public.' }),
    notices: t.field({
      type: ['Notice'],
      description: 'What a person should know at the moment, oldest first. Public.',
      resolve: ({ notices }) => notices,
    }),
    name: t.exposeString('name', {
      nullable: true,
      authScopes: membersOnly,
      description: 'Chosen when it was claimed, or since.',
    }),
    owner: t.expose('owner', { type: 'Owner', nullable: true, authScopes: membersOnly }),
    dataPath: t.exposeString('dataPath', {
      nullable: true,
      authScopes: membersOnly,
      description: 'Its data directory on the machine where it runs.',
    }),
    secretsProtection: t.expose('secretsProtection', {
      type: 'SecretsProtection',
      nullable: true,
      authScopes: membersOnly,
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, authScopes: membersOnly }),
  }),
});

builder.queryField('instance', (t) =>
  t.field({
    type: 'Instance',
    description: 'This instance. Its public part needs no token.',
    resolve: (_root, _arguments, { instance }) => instance,
  }),
);

builder.subscriptionField('instanceChanged', (t) =>
  t.field({
    type: 'Instance',
    description:
      'This instance as it is now, and again after every change. Needs a token of a member of its owner; ends when that does.',
    authScopes: { member: true },
    subscribe: (_root, _arguments, { instance }) => instance.changes(),
    resolve: (instance) => instance,
  }),
);
