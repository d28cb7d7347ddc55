import { ActionIcon, Button, Group, Menu, Modal, Stack, Text, TextInput } from '@mantine/core';
import { IconDots, IconExternalLink, IconPencil, IconTrash } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { nameInSentence } from '../../instances/bookmarks.ts';

interface BookmarkMenuProps {
  name: string;
  url: string;
  isRemovable: boolean;
  signedIn: boolean;
  onRename: (name: string) => void;
  onRemove: () => void;
}

/** What can be done with a bookmark besides opening it. */
export function BookmarkMenu({ name, url, isRemovable, signedIn, onRename, onRemove }: BookmarkMenuProps) {
  const [dialog, setDialog] = useState<'rename' | 'remove'>();
  const close = () => setDialog(undefined);
  const menuButton = useRef<HTMLButtonElement>(null);
  const dialogBehaviour = {
    onClose: close,
    centered: true,
    // The menu item that opened the dialog is gone by then; the button of its menu is there.
    returnFocus: false,
    onExitTransitionEnd: () => menuButton.current?.focus(),
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon
            ref={menuButton}
            variant="subtle"
            color="gray"
            aria-label={`More for ${nameInSentence({ name })}`}
          >
            <IconDots size={20} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={18} aria-hidden />} onClick={() => setDialog('rename')}>
            Rename
          </Menu.Item>
          <Menu.Item
            component="a"
            href={url}
            target="_blank"
            rel="noopener"
            leftSection={<IconExternalLink size={18} aria-hidden />}
          >
            Open at its own address
          </Menu.Item>
          {isRemovable ? (
            <Menu.Item
              color="red"
              leftSection={<IconTrash size={18} aria-hidden />}
              onClick={() => setDialog('remove')}
            >
              Remove
            </Menu.Item>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={dialog === 'rename'} title="Rename the bookmark" {...dialogBehaviour}>
        <RenameForm
          name={name}
          onCancel={close}
          onSave={(newName) => {
            onRename(newName);
            close();
          }}
        />
      </Modal>
      <Modal opened={dialog === 'remove'} title={`Remove ${name}?`} {...dialogBehaviour}>
        <Stack>
          <Text>
            Only the bookmark in this browser goes; the instance at {url} and its data stay.
            {signedIn ? ' You will be signed out of it here.' : ''}
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button color="red" onClick={onRemove}>
              Remove
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

function RenameForm({
  name,
  onSave,
  onCancel,
}: {
  name: string;
  onSave: (name: string) => void;
  onCancel: () => void;
}) {
  const [value, setValue] = useState(name);
  const [problem, setProblem] = useState<string>();
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (value.trim() === '') setProblem('Enter a name by which you recognize the instance.');
        else if (value === name) onCancel();
        else onSave(value);
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          description="Only for you, in this browser."
          value={value}
          maxLength={64}
          error={problem}
          autoComplete="off"
          data-autofocus
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit">Save</Button>
        </Group>
      </Stack>
    </form>
  );
}
