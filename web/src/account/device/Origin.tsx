import { Alert } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react';
import type { DeviceRequest } from '../api/device.ts';
import { PageAddress } from './PageAddress.tsx';

interface OriginProps {
  request: Pick<DeviceRequest, 'requested_from' | 'instance' | 'binding'>;
  /** The page that asks has proven that the login began there, in this browser. */
  bound: boolean;
}

/** Whether the login began in this browser, and what to think of it if that is not known. */
export function Origin({ request, bound }: OriginProps) {
  const { origin } = request.requested_from;
  if (bound && origin !== null) {
    return (
      <Alert color="green" icon={<IconCircleCheck aria-hidden />} title="Started in this browser">
        The page <PageAddress origin={origin} /> opened this one. Approving lets it use the instance as you.
      </Alert>
    );
  }
  return isFirstFromPage(request) ? (
    <Alert
      color="yellow"
      icon={<IconAlertTriangle aria-hidden />}
      title="First sign-in to this instance from this address"
    >
      So this cloud does not know the page yet. Compare the page address below with your other tab, and type
      the match code that it shows; next time, one click is enough here. Deny if no such tab is in front of
      you: somebody else may have sent you the code to get in as you.
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

/**
 * Nobody whom the account believes has signed in from any page yet, as after a registration by key: then no page could
 * prove anything. One that could, and has not, is another matter; and so is another page than those that are known.
 */
function isFirstFromPage({ requested_from: { origin }, instance, binding }: OriginProps['request']): boolean {
  return origin !== null && binding === null && instance.claimed && instance.known_origins.length === 0;
}
