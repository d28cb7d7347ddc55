import { type NoticeCode as Code, noticeCodes } from '../notices.ts';
import { builder } from './builder.ts';
import { enumValues } from './enum-values.ts';
import { everybody } from './scopes.ts';

const descriptions: Record<Code, string> = {
  CLOUD_UNREACHABLE: 'The cloud does not answer, or not as a cloud would. The instance keeps trying.',
  REGISTRATION_REFUSED: 'The cloud does not register this instance.',
  REGISTRATION_KEY_REFUSED:
    'The cloud does not accept the registration key. The instance is not registered until it is started with another one, or without.',
  CREDENTIALS_REFUSED: 'The cloud no longer accepts the client secret of this instance.',
  OTHER_COPY_RUNS:
    'Another copy of this instance runs with the same identity: its data directory was restored elsewhere, or stolen with its key.',
  LOCK_LOST:
    'The lock of the data directory was removed or replaced, so another process may work in it. Nothing is saved any more.',
  SECRETS_NOT_SAVED:
    'The instance cannot write secrets.db. It keeps trying; nothing that was saved before is lost.',
  ACTIVITY_NOT_SAVED:
    'The instance cannot write instance.db. What happens is kept in memory for a while; it keeps trying.',
  CLOCK_SKEW: 'The clocks of the cloud and of the instance differ by more than 60 seconds.',
  CLAIM_WINDOW_CLOSED: 'The instance was not claimed in time; a restart opens the window again.',
  CLAIM_LOCKED: 'Too many wrong claim codes; a restart makes a new one.',
};

const NoticeCode = builder.enumType('NoticeCode', {
  description: 'What a notice is about.',
  values: enumValues(noticeCodes, descriptions),
});

builder.objectType('Notice', {
  authScopes: everybody,
  description: 'Something that a person should know about this instance, for as long as it is so.',
  fields: (t) => ({
    code: t.expose('code', { type: NoticeCode }),
    message: t.exposeString('message', { description: 'What happened, why, and the one thing to do next.' }),
    since: t.expose('since', { type: 'DateTime' }),
  }),
});
