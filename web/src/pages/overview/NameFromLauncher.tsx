import { Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { RenameRefusal } from './rename-outcome.ts';

interface NameFromLauncherProps {
  /** What the person calls the instance in the launcher. */
  name: string;
  onRename: (name: string) => Promise<RenameRefusal>;
}

/** Offers whoever has just claimed an instance the name that they gave it in the launcher already. */
export function NameFromLauncher({ name, onRename }: NameFromLauncherProps) {
  const [isRenaming, setRenaming] = useState(false);
  const [refusal, setRefusal] = useState<RenameRefusal>();
  const rename = async () => {
    setRenaming(true);
    setRefusal(await onRename(name));
    setRenaming(false);
  };
  return (
    <Stack gap="xs" mt="xs" align="flex-start">
      <Text size="sm">
        In your launcher it is called “<bdi>{name}</bdi>”, which nobody else sees.
      </Text>
      <Button size="sm" variant="default" loading={isRenaming} onClick={() => void rename()}>
        Call it so for everybody
      </Button>
      {refusal === undefined ? null : (
        <Text size="sm" role="alert">
          {refusal}
        </Text>
      )}
    </Stack>
  );
}
