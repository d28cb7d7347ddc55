import { ActionIcon, Button, Popover, Stack, Text } from '@mantine/core';
import { IconLogout, IconUserCircle } from '@tabler/icons-react';
import { CloudLink } from '../CloudLink.tsx';

interface AccountMenuProps {
  /** Undefined while it loads, or when the instance does not say. */
  viewer: { name: string; email: string } | undefined;
  /** Of the cloud that keeps the account. */
  issuer: string;
  onSignOut: () => void;
}

/** Who is signed in, and the way out. */
export function AccountMenu({ viewer, issuer, onSignOut }: AccountMenuProps) {
  return (
    <Popover position="bottom-end" width={280} trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Account">
          <IconUserCircle size={22} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label="Account">
        <Stack gap="sm">
          <div>
            <Text size="sm" c="dimmed">
              {viewer ? 'Signed in as' : 'Signed in'}
            </Text>
            {viewer ? (
              <>
                <Text fw={600} truncate>
                  {viewer.name}
                </Text>
                <Text size="sm" truncate>
                  {viewer.email}
                </Text>
              </>
            ) : null}
          </div>
          <Button variant="default" leftSection={<IconLogout size={18} aria-hidden />} onClick={onSignOut}>
            Sign out
          </Button>
          <Text size="sm" c="dimmed">
            Your account, with its passkeys and sessions, is at <CloudLink issuer={issuer} />. Signing out
            here leaves you signed in there.
          </Text>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
