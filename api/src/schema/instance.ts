import { builder } from './builder.ts';
import type { InstanceState as State } from './context.ts';
import { admins, everybody, viewers } from './scopes.ts';

const InstanceState = builder.enumType('InstanceState', {
  description: 'How far an instance has come.',
  values: {
    UNREGISTERED: { value: 'UNREGISTERED', description: 'Its cloud does not know it yet.' },
    UNCLAIMED: { value: 'UNCLAIMED', description: 'Registered, without an owner: nobody can use it.' },
    CLAIMED: { value: 'CLAIMED', description: 'Bound to the workspace that claimed it.' },
  } satisfies Record<State, object>,
});

/** For the workspace that owns it, and in the answer to the claim that has just made it the owner. */
const owningWorkspace = { $any: { ...viewers, $granted: 'claimer' } } as const;

/** For those who may run the machine: where something lies on it is no business of others. */
const itsAdmins = { $any: { ...admins, $granted: 'claimer' } } as const;

builder.objectType('Instance', {
  description:
    'This instance. Fields that say so are public; the others need a token of the workspace that owns it.',
  fields: (t) => ({
    id: t.exposeID('id', {
      nullable: true,
      authScopes: everybody,
      description: 'Its client ID at the cloud; null until it is registered. Public.',
    }),
    state: t.expose('state', { type: InstanceState, authScopes: everybody, description: 'Public.' }),
    version: t.exposeString('version', { authScopes: everybody, description: 'Public.' }),
    resource: t.exposeString('resource', {
      nullable: true,
      authScopes: everybody,
      description:
        'Its resource identifier (RFC 8707), the audience of tokens for it; null until it is registered. Public.',
    }),
    cloud: t.expose('cloud', { type: 'Cloud', authScopes: everybody, description: 'Public.' }),
    claimWindow: t.exposeInt('claimWindow', {
      authScopes: everybody,
      description:
        'For how long an instance without an owner may be claimed, from when it has reached its cloud, in seconds. Public.',
    }),
    claimWindowEnd: t.expose('claimWindowEnd', {
      type: 'DateTime',
      nullable: true,
      authScopes: everybody,
      description:
        'When that is over, or was; null while the instance is not registered, and once it is claimed. Public.',
    }),
    notices: t.field({
      type: ['Notice'],
      authScopes: everybody,
      description: 'What a person should know at the moment, oldest first. Public.',
      resolve: ({ notices }) => notices,
    }),
    name: t.exposeString('name', {
      nullable: true,
      authScopes: owningWorkspace,
      description: 'Chosen when it was claimed, or since.',
    }),
    owner: t.expose('owner', { type: 'Owner', nullable: true, authScopes: owningWorkspace }),
    dataPath: t.exposeString('dataPath', {
      nullable: true,
      authScopes: itsAdmins,
      description: 'Its data directory on the machine where it runs. Needs the role of an admin.',
    }),
    secretsProtection: t.expose('secretsProtection', {
      type: 'SecretsProtection',
      nullable: true,
      authScopes: owningWorkspace,
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, authScopes: owningWorkspace }),
  }),
});

builder.queryField('instance', (t) =>
  t.field({
    type: 'Instance',
    description: 'This instance. Its public part needs no token.',
    authScopes: everybody,
    resolve: (_root, _arguments, { instance }) => instance,
  }),
);

builder.subscriptionField('instanceChanged', (t) =>
  t.field({
    type: 'Instance',
    description:
      'This instance as it is now, and again after every change. Needs a token of the workspace that owns it; ends when that does.',
    authScopes: viewers,
    subscribe: (_root, _arguments, { instance }) => instance.changes(),
    resolve: (instance) => instance,
  }),
);
