import { Alert } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import { PageAddress } from './PageAddress.tsx';

interface OriginProps {
  /** Origin of the page that has proven that the login began there, in this browser; null if none has. */
  boundTo: string | null;
}

/** Whether the login began in this browser, and what to think of it if that is not known. */
export function Origin({ boundTo }: OriginProps) {
  return boundTo !== null ? (
    <Alert color="green" icon={<IconCircleCheck aria-hidden />} title="Started in this browser">
      The page <PageAddress origin={boundTo} /> opened this one. Approving lets it use the instance as you.
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
