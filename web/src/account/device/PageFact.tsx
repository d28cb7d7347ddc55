import { Stack, Text } from '@mantine/core';
import type { DeviceRequest } from '../api/device.ts';
import { PageAddress } from './PageAddress.tsx';

interface PageFactProps {
  request: Pick<DeviceRequest, 'requested_from' | 'instance'>;
}

/** At which address the login began, what the cloud knows about that address, and how to compare it. */
export function PageFact({ request }: PageFactProps) {
  const { origin } = request.requested_from;
  if (origin === null) return <bdi>None: a program asks, not a page</bdi>;
  const known = request.instance.known_origins;
  const isKnown = known.includes(origin);
  return (
    <Stack gap={4}>
      <PageAddress origin={origin} />
      {/[/.]xn--/.test(origin) ? (
        <Text size="sm" c="dimmed">
          “xn--” stands for letters that are not English and may look like others. Your tab may show those.
        </Text>
      ) : null}
      <Text size="sm" c="dimmed">
        {isKnown
          ? 'This instance was used at this address before.'
          : 'Compare it with the address of the tab that shows the code.'}
      </Text>
      {isKnown || known.length === 0 ? null : (
        <Text size="sm" component="div">
          <strong>This instance was not used there before.</strong> Until now it was used at:
          {known.map((other) => (
            <div key={other}>
              <PageAddress origin={other} />
            </div>
          ))}
        </Text>
      )}
    </Stack>
  );
}
