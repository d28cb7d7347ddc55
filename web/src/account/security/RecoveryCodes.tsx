import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { CopyButton } from '../../components/CopyButton.tsx';
import classes from './recovery-codes.module.css';

/** The recovery codes, the one time that they are shown. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  return (
    <Stack gap="md">
      <Text size="sm">
        Each stands in once for the code of your app, when you have lost the device. They are shown only now:
        print them, or keep them in your password manager.
      </Text>
      <ul className={classes.codes} aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <Code>{code}</Code>
          </li>
        ))}
      </ul>
      <Group justify="space-between">
        <Group gap={4}>
          <Text size="sm">Copy all</Text>
          <CopyButton value={codes.join('\n')} label="Copy all recovery codes" />
        </Group>
        <Button data-autofocus onClick={onDone}>
          I have kept them
        </Button>
      </Group>
    </Stack>
  );
}
