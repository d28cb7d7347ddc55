import { type AuditAction, type AuditOutcome, auditActions, auditOutcomes } from '../activity/audit-entry.ts';
import { builder } from './builder.ts';
import { connectionOf } from './connection.ts';
import { enumValues } from './enum-values.ts';
import { members } from './scopes.ts';

const actions: Record<AuditAction, string> = {
  INSTANCE_STARTED: 'The instance started.',
  INSTANCE_STOPPED: 'The instance stopped as it should. Without this entry it was killed or crashed.',
  INSTANCE_RENAMED: 'Somebody gave the instance another name, here or at the cloud.',
  CREDENTIALS_RESET: 'The instance forgot its cloud and its owner, by the hand of somebody at its machine.',
  OTHER_COPY_SEEN:
    'The cloud said that another copy of this instance runs with the same identity. Since when is in the detail.',
  CLAIMED: 'The instance got its owner.',
  CLAIM_CODE_REFUSED: 'Somebody entered a wrong claim code.',
  CLAIM_LOCKED: 'A workspace has no try left until the next start.',
  SIGNED_IN: 'A session was seen for the first time.',
  SIGNED_OUT: 'Somebody signed out, as the page that they did it in told the instance.',
  SESSION_ENDED:
    'The cloud ended a session: its sign-in, which somebody may have signed out of, or the account. Whose it was is in the detail.',
  ACCESS_REFUSED:
    'A token or a proof was refused. Many of one kind are counted for an hour and told in one entry.',
  ENTRIES_LOST: 'Entries came while nothing could be written for too long.',
};

const outcomes: Record<AuditOutcome, string> = {
  SUCCEEDED: 'It was done.',
  REFUSED: 'It was not allowed.',
  FAILED: 'It was allowed and did not work.',
};

const ActionEnum = builder.enumType('AuditAction', {
  description: 'What happened.',
  values: enumValues(auditActions, actions),
});

const OutcomeEnum = builder.enumType('AuditOutcome', {
  description: 'How it went.',
  values: enumValues(auditOutcomes, outcomes),
});

builder.objectType('Rename', {
  authScopes: members,
  description: 'The names that a rename was about.',
  fields: (t) => ({
    from: t.exposeString('from', { nullable: true, description: 'Null if it had none.' }),
    to: t.exposeString('to'),
  }),
});

builder.objectType('AuditEntry', {
  authScopes: members,
  description: 'One line of the audit log.',
  fields: (t) => ({
    id: t.field({ type: 'ID', description: 'A number that rises.', resolve: ({ id }) => String(id) }),
    at: t.field({ type: 'DateTime', resolve: ({ at }) => new Date(at) }),
    action: t.expose('action', { type: ActionEnum }),
    outcome: t.expose('outcome', { type: OutcomeEnum }),
    actor: t.expose('actor', {
      type: 'Account',
      nullable: true,
      description: 'Who did it; null when it was nobody known, or the instance itself.',
    }),
    address: t.string({
      nullable: true,
      description: 'The address that the request came from.',
      resolve: ({ source }) => source.address,
    }),
    userAgent: t.string({
      nullable: true,
      description: 'What the program called itself (RFC 9110 section 10.1.5), shortened. It proves nothing.',
      resolve: ({ source }) => source.userAgent,
    }),
    detail: t.exposeString('detail', { nullable: true, description: 'A few words for people.' }),
    rename: t.field({
      type: 'Rename',
      nullable: true,
      description: 'From which name to which, of the last 50 renames; null for everything else.',
      resolve: ({ action, outcome, at }, _arguments, { instance }) =>
        action === 'INSTANCE_RENAMED' && outcome === 'SUCCEEDED' ? instance.renameAt(at) : undefined,
    }),
  }),
});

builder.objectType('AuditEntryEdge', {
  authScopes: members,
  fields: (t) => ({ cursor: t.exposeString('cursor'), node: t.expose('node', { type: 'AuditEntry' }) }),
});

builder.objectType('AuditEntryConnection', {
  authScopes: members,
  description: 'A page of the audit log, newest first.',
  fields: (t) => ({
    edges: t.expose('edges', { type: ['AuditEntryEdge'] }),
    pageInfo: t.expose('pageInfo', { type: 'PageInfo' }),
  }),
});

const AuditFilter = builder.inputType('AuditFilter', {
  description: 'Lets those entries through that satisfy all that is given.',
  fields: (t) => ({
    actions: t.field({ type: [ActionEnum], description: 'Any of these.' }),
    outcome: t.field({ type: OutcomeEnum }),
    actor: t.id({ description: 'The id of an account.' }),
    since: t.field({ type: 'DateTime', description: 'This instant and later.' }),
    until: t.field({ type: 'DateTime', description: 'Earlier than this instant.' }),
  }),
});

builder.queryField('auditEntries', (t) =>
  t.field({
    type: 'AuditEntryConnection',
    description:
      'What happened at this instance, newest first: the last 365 days, at most a million entries. Needs the role of a member.',
    authScopes: members,
    args: {
      first: t.arg.int({ required: true, defaultValue: 50, description: '1 to 100.' }),
      after: t.arg.string({ description: 'The cursor of the last entry of the page before.' }),
      filter: t.arg({ type: AuditFilter }),
    },
    resolve: (_root, { filter, ...page }, { activity }) =>
      connectionOf(
        page,
        (first, position) =>
          activity.audit.page(first, position, {
            actions: filter?.actions ?? undefined,
            outcome: filter?.outcome ?? undefined,
            actor: filter?.actor ?? undefined,
            since: filter?.since?.getTime(),
            until: filter?.until?.getTime(),
          }),
        ({ at, id }) => ({ at, id }),
      ),
  }),
);

builder.subscriptionField('auditEntryAdded', (t) =>
  t.field({
    type: 'AuditEntry',
    description:
      'The newest entry of the audit log now, and then each that is added, so that whoever was cut off learns what to ask for. Needs the role of a member; ends when that does.',
    authScopes: members,
    subscribe: (_root, _arguments, { activity }) => activity.audit.follow(),
    resolve: (entry) => entry,
  }),
);
