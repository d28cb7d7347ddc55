import { Alert } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';

interface OriginProps {
  bound: boolean;
  /** Origin of the page that began the login; null for a program. */
  origin: string | null;
}

/** Whether the login began in this browser, and what to think of it if that is not known. */
export function Origin({ bound, origin }: OriginProps) {
  return bound ? (
    <Alert color="green" icon={<IconCircleCheck aria-hidden />} title="Started in this browser">
      The page <bdi>{origin}</bdi> opened this one. Approving lets it use the instance as you.
    </Alert>
  ) : (
    <Alert
      color="yellow"
      icon={<IconAlertTriangle aria-hidden />}
      title="Did you start this yourself, just now?"
    >
      This browser cannot tell. Somebody else may have sent you the code to get in as you: compare below from
      where and when it was asked for. Deny unless the page that shows the code is in front of you.
    </Alert>
  );
}
