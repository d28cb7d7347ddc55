import { Text } from '@mantine/core';
import { Fact } from './FactCard.tsx';
import type { MemberInstance } from './OverviewPageView.tsx';

type Protection = NonNullable<MemberInstance['secretsProtection']>;

const keySources: Record<Protection['keySource'], string> = {
  KEY_FILE: 'Key file',
  PASSPHRASE: 'Passphrase',
  SYSTEMD_CREDENTIAL: 'systemd credential',
};

/** What opens the secrets of the instance, and where that lies. */
export function SecretsFact({ protection: { keySource, keyLocation } }: { protection: Protection }) {
  const source = keySources[keySource];
  if (!keyLocation) return <Fact name="Secrets">{source}</Fact>;
  return (
    <Fact name="Secrets" copy={keyLocation} copied="location of the key">
      {source}
      <Text span ff="monospace" size="sm" display="block">
        {keyLocation}
      </Text>
    </Fact>
  );
}
