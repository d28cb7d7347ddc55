import { Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { type RefCallback, useCallback } from 'react';
import { CopyButton } from '../../components/CopyButton.tsx';
import classes from './recovery-codes.module.css';

/** The recovery codes, the one time that they are shown. */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const link = useTextFile(
    `Recovery codes of your account at ${location.host}. Each works once.\n\n${codes.join('\n')}\n`,
  );
  return (
    <Stack gap="md">
      <Text size="sm">
        Each stands in once for the code of your app, when you have lost the device. They are shown only now:
        keep them in your password manager, or print or download them.
      </Text>
      {/* The focus is where Enter does nothing: pressed once too often, it must not close what is shown only once. */}
      <ul className={classes.codes} aria-label="Recovery codes" tabIndex={-1} data-autofocus>
        {codes.map((code) => (
          <li key={code}>
            <Code>{code}</Code>
          </li>
        ))}
      </ul>
      <Group gap={4}>
        <Text size="sm">Copy all</Text>
        <CopyButton value={codes.join('\n')} label="Copy all recovery codes" />
        <Button
          component="a"
          ref={link}
          download="holdfast-recovery-codes.txt"
          size="sm"
          variant="default"
          leftSection={<IconDownload size={18} aria-hidden />}
        >
          Download
        </Button>
      </Group>
      <Button fullWidth onClick={onDone}>
        I have kept them
      </Button>
    </Stack>
  );
}

/** Makes a link lead to a text file that this page has made, for as long as the link is shown. */
function useTextFile(text: string): RefCallback<HTMLAnchorElement> {
  return useCallback(
    (link) => {
      if (link === null) return undefined;
      const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
      link.href = address;
      return () => URL.revokeObjectURL(address);
    },
    [text],
  );
}
