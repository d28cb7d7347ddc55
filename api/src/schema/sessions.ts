import { type SessionEndReason, sessionEndReasons } from '../activity/session-end.ts';
import { builder } from './builder.ts';
import { connectionOf } from './connection.ts';
import type { CloudModel } from './context.ts';
import { enumValues } from './enum-values.ts';
import { members, viewers } from './scopes.ts';
import { claimsOf } from './viewer.ts';

const endReasons: Record<SessionEndReason, string> = {
  SIGNED_OUT: 'Somebody signed out in it.',
  ENDED_AT_CLOUD:
    'The cloud ended the sign-in: somebody signed out while the instance was out of reach, ended it on the security page, or took the access away.',
  ACCESS_REMOVED: 'The cloud ended all that the account had open, because it was closed for example.',
  EXPIRED: 'It is older than the cloud lets any sign-in become.',
};

const EndReasonEnum = builder.enumType('SessionEndReason', {
  description: 'Why a session is over.',
  values: enumValues(sessionEndReasons, endReasons),
});

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
    endedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Null as long as the instance knows of no end. It learns of none that happens unseen, such as a refresh token that nobody renews.',
      resolve: ({ end }) => end && new Date(end.at),
    }),
    endReason: t.field({ type: EndReasonEnum, nullable: true, resolve: ({ end }) => end?.reason }),
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
    ended: t.boolean({
      description: 'Only those that have ended, or only those of whose end nothing is known.',
    }),
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
    resolve: (_root, { filter, ...page }, { activity, instance }) =>
      connectionOf(
        page,
        (first, position) =>
          activity.sessions.page(first, position, {
            account: filter?.account ?? undefined,
            since: filter?.since?.getTime(),
            until: filter?.until?.getTime(),
            ended: filter?.ended ?? undefined,
            longestSignIn: longestSignInOf(instance.cloud),
          }),
        ({ lastUsedAt, id }) => ({ at: lastUsedAt, id }),
      ),
  }),
);

/** In milliseconds; undefined until the cloud has said it. */
function longestSignInOf({ tokenLifetimes }: CloudModel): number | undefined {
  return tokenLifetimes && tokenLifetimes.refreshTokenAbsolute * 1_000;
}

builder.mutationField('signOut', (t) =>
  t.boolean({
    description:
      'Ends the sign-in that the access token comes from, at this instance and at once: no token of it is let in any more. The refresh token has to be revoked at the cloud besides (RFC 7009). Answers true. Needs the role of a viewer.',
    authScopes: viewers,
    resolve: (_root, _arguments, context) => {
      context.instance.signOut(claimsOf(context), context.source);
      return true;
    },
  }),
);
