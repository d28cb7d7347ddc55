import { ActionIcon, Tooltip, VisuallyHidden } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy, IconX } from '@tabler/icons-react';

interface CopyButtonProps {
  /** The text that goes to the clipboard. */
  value: string;
  /** What is copied, as the button's name: "Copy client ID". */
  label: string;
}

/** Copies a text and says whether that worked. */
export function CopyButton({ value, label }: CopyButtonProps) {
  const clipboard = useClipboard({ timeout: 2_000 });
  const outcome = clipboard.copied ? 'Copied' : clipboard.error ? 'Not copied: select the text instead' : '';
  return (
    <>
      <Tooltip label={outcome || label}>
        <ActionIcon
          variant="subtle"
          color={clipboard.copied ? 'green' : 'gray'}
          aria-label={label}
          onClick={() => clipboard.copy(value)}
        >
          <OutcomeIcon copied={clipboard.copied} failed={clipboard.error !== null} />
        </ActionIcon>
      </Tooltip>
      <VisuallyHidden component="output">{outcome}</VisuallyHidden>
    </>
  );
}

function OutcomeIcon({ copied, failed }: { copied: boolean; failed: boolean }) {
  if (copied) return <IconCheck size={18} aria-hidden />;
  if (failed) return <IconX size={18} aria-hidden />;
  return <IconCopy size={18} aria-hidden />;
}
