import type { KeySourceKind } from '../secrets/key-source.ts';
import { builder } from './builder.ts';
import { authenticated, claimants } from './scopes.ts';

type KeySourceName = 'KEY_FILE' | 'PASSPHRASE' | 'SYSTEMD_CREDENTIAL';

const KeySource = builder.enumType('KeySource', {
  description: 'Where the key comes from that opens the secrets of an instance.',
  values: {
    KEY_FILE: { value: 'key-file', description: 'A file outside the data directory.' },
    PASSPHRASE: { value: 'passphrase', description: 'Somebody gives it at every start.' },
    SYSTEMD_CREDENTIAL: {
      value: 'systemd-credential',
      description: 'systemd hands it to the unit of the instance.',
    },
  } as const satisfies Record<KeySourceName, { value: KeySourceKind; description: string }>,
});

builder.objectType('SecretsProtection', {
  authScopes: authenticated,
  description: 'How the secrets of an instance are protected on its disk.',
  fields: (t) => ({
    keySource: t.expose('keySource', { type: KeySource }),
    keyLocation: t.exposeString('keyLocation', {
      nullable: true,
      // The way here is guarded; what is added is the role, which holds in the answer to a claim, too.
      authScopes: claimants,
      description:
        'The file with the key on the machine of the instance; null for a passphrase. Needs the role of an admin.',
    }),
    keyId: t.exposeInt('keyId', { description: 'Counts the data keys that followed each other, from 1.' }),
  }),
});
