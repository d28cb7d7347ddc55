import { Text } from '@mantine/core';
import { Fact } from './FactCard.tsx';
import type { MemberInstance } from './OverviewPageView.tsx';

type Protection = NonNullable<MemberInstance['secretsProtection']>;

const keySources: Record<Protection['keySource'], string> = {
  KEY_FILE: 'Key file',
  PASSPHRASE: 'Passphrase',
  SYSTEMD_CREDENTIAL: 'systemd credential',
};

interface SecretsFactProps {
  keySource: Protection['keySource'];
  /** Undefined where it is in no file, and for those who may not know. */
  keyLocation: string | undefined;
}

/** What opens the secrets of the instance, and where that lies. */
export function SecretsFact({ keySource, keyLocation }: SecretsFactProps) {
  const source = keySources[keySource];
  if (keyLocation === undefined) return <Fact name="Secrets">{source}</Fact>;
  return (
    <Fact name="Secrets" copy={keyLocation} copied="location of the key">
      {source}
      <Text span ff="monospace" size="sm" display="block">
        {keyLocation}
      </Text>
    </Fact>
  );
}
