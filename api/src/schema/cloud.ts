import { builder } from './builder.ts';
import { everybody } from './scopes.ts';

builder.objectType('Cloud', {
  authScopes: everybody,
  description: 'The authorization server that this instance trusts to sign people in.',
  fields: (t) => ({
    issuer: t.exposeString('issuer', { description: 'Its issuer identifier (RFC 8414).' }),
    clientId: t.exposeString('clientId', {
      description: 'The public client as which web apps sign people in.',
    }),
    deviceAuthorizationEndpoint: t.exposeString('deviceAuthorizationEndpoint', {
      nullable: true,
      description: 'Where a device authorization begins (RFC 8628). Null until the cloud was reached.',
    }),
    tokenEndpoint: t.exposeString('tokenEndpoint', {
      nullable: true,
      description: 'Null until the cloud was reached.',
    }),
    tokenLifetimes: t.expose('tokenLifetimes', {
      type: 'TokenLifetimes',
      nullable: true,
      description: 'As the cloud publishes and keeps them. Null until it was reached.',
    }),
  }),
});

builder.objectType('TokenLifetimes', {
  authScopes: everybody,
  description: 'How long tokens and codes live, in seconds.',
  fields: (t) => ({
    accessToken: t.exposeInt('accessToken', { description: "A person's access token for one instance." }),
    refreshTokenIdle: t.exposeInt('refreshTokenIdle', { description: 'A refresh token that is not used.' }),
    refreshTokenAbsolute: t.exposeInt('refreshTokenAbsolute', {
      description: 'A sign-in, however often its refresh token is used.',
    }),
    instanceToken: t.exposeInt('instanceToken', { description: "The instance's own token." }),
    deviceCode: t.exposeInt('deviceCode'),
    userCode: t.exposeInt('userCode'),
    devicePollInterval: t.exposeInt('devicePollInterval', {
      nullable: true,
      description: 'From one poll for a device code to the next. Null if the cloud does not publish it.',
    }),
  }),
});
