import { builder } from './builder.ts';
import { connectionOf } from './connection.ts';
import { members } from './scopes.ts';
import { claimsOf } from './viewer.ts';

builder.objectType('Session', {
  authScopes: members,
  description: 'A browser, or another program, in which a member used this instance.',
  fields: (t) => ({
    id: t.field({ type: 'ID', resolve: ({ id }) => String(id) }),
    account: t.expose('account', { type: 'Account' }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'What it called itself (RFC 9110 section 10.1.5), shortened. It proves nothing.',
    }),
    firstAddress: t.exposeString('firstAddress', { nullable: true }),
    lastAddress: t.exposeString('lastAddress', { nullable: true }),
    firstUsedAt: t.field({ type: 'DateTime', resolve: ({ firstUsedAt }) => new Date(firstUsedAt) }),
    lastUsedAt: t.field({
      type: 'DateTime',
      description: 'To the minute.',
      resolve: ({ lastUsedAt }) => new Date(lastUsedAt),
    }),
    isCurrent: t.boolean({
      description: 'Whether this very request belongs to it.',
      resolve: ({ account, keyThumbprint }, _arguments, context) => {
        const { sub, jkt } = claimsOf(context);
        return account.id === sub && keyThumbprint === jkt;
      },
    }),
  }),
});

builder.objectType('SessionEdge', {
  authScopes: members,
  fields: (t) => ({ cursor: t.exposeString('cursor'), node: t.expose('node', { type: 'Session' }) }),
});

builder.objectType('SessionConnection', {
  authScopes: members,
  description: 'A page of the sessions, last use first.',
  fields: (t) => ({
    edges: t.expose('edges', { type: ['SessionEdge'] }),
    pageInfo: t.expose('pageInfo', { type: 'PageInfo' }),
  }),
});

const SessionFilter = builder.inputType('SessionFilter', {
  description: 'Lets those sessions through that satisfy all that is given.',
  fields: (t) => ({
    account: t.id({ description: 'The id of an account.' }),
    since: t.field({ type: 'DateTime', description: 'Last used at this instant or later.' }),
    until: t.field({ type: 'DateTime', description: 'Last used before this instant.' }),
  }),
});

builder.queryField('sessions', (t) =>
  t.field({
    type: 'SessionConnection',
    description:
      'The sessions that were seen at this instance, last use first: those of the last 365 days, at most 10,000. Needs the role of a member.',
    authScopes: members,
    args: {
      first: t.arg.int({ required: true, defaultValue: 50, description: '1 to 100.' }),
      after: t.arg.string({ description: 'The cursor of the last session of the page before.' }),
      filter: t.arg({ type: SessionFilter }),
    },
    resolve: (_root, { filter, ...page }, { activity }) =>
      connectionOf(
        page,
        (first, position) =>
          activity.sessions.page(first, position, {
            account: filter?.account ?? undefined,
            since: filter?.since?.getTime(),
            until: filter?.until?.getTime(),
          }),
        ({ lastUsedAt, id }) => ({ at: lastUsedAt, id }),
      ),
  }),
);
