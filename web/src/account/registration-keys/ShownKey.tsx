import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { CopyButton } from '../../components/CopyButton.tsx';
import classes from './shown-key.module.css';

/** A key, the one time that it is shown. */
export function ShownKey({ value, onDone }: { value: string; onDone: () => void }) {
  return (
    <Stack gap="md">
      <Text size="sm">
        It is shown only now. Put it into a file on the machine that only you can read, and start the instance
        there with it:
      </Text>
      <Group gap={4} wrap="nowrap">
        <Code className={classes.key}>{value}</Code>
        <CopyButton value={value} label="Copy the registration key" />
      </Group>
      <Code block className={classes.command}>
        {`npx holdfast serve --cloud ${location.origin} --registration-key-file FILE`}
      </Code>
      <Group justify="flex-end">
        <Button data-autofocus onClick={onDone}>
          I have kept it
        </Button>
      </Group>
    </Stack>
  );
}
