import { Alert, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';

interface FailureProps {
  /** What happened, in a few words; left out where the heading right above says it. */
  title?: string;
  /** Why, and the one thing to do next. */
  message: ReactNode;
  /** The button or link that does it. */
  action?: ReactNode;
}

/** Something that went wrong; announced at once by screen readers. */
export function Failure({ title, message, action }: FailureProps) {
  return (
    <Alert color="red" variant="light" title={title} icon={<IconAlertTriangle aria-hidden />}>
      <Stack gap="sm" align="flex-start">
        <Text component="div" size="sm">
          {message}
        </Text>
        {action}
      </Stack>
    </Alert>
  );
}
