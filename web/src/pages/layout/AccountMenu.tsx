import { ActionIcon, Menu, Text } from '@mantine/core';
import { IconLogout, IconUserCircle } from '@tabler/icons-react';

interface AccountMenuProps {
  /** Undefined while it loads, or when the instance does not say. */
  viewer: { name: string; email: string } | undefined;
  onSignOut: () => void;
}

/** Who is signed in, and the way out. */
export function AccountMenu({ viewer, onSignOut }: AccountMenuProps) {
  return (
    <Menu position="bottom-end" width={260}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Account">
          <IconUserCircle size={22} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          Signed in
          {viewer ? (
            <>
              {' as '}
              <Text span size="sm" fw={600} c="var(--mantine-color-text)" display="block" truncate>
                {viewer.name}
              </Text>
              <Text span size="sm" display="block" truncate>
                {viewer.email}
              </Text>
            </>
          ) : null}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={18} aria-hidden />} onClick={onSignOut}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
