import { Badge, Code, DataList, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { addressWords } from '../../components/address-words.ts';
import { browserName } from '../../components/browser-name.ts';
import { dateAndTime } from '../../components/instant-words.ts';
import type { DeviceRequest } from '../api/device.ts';
import { PageFact } from './PageFact.tsx';
import { TimeAgo } from './TimeAgo.tsx';

interface RequestFactsProps {
  request: DeviceRequest;
}

/**
 * Which instance asks, from where and since when. All of it is shown as inert text: an instance that nobody has
 * claimed chooses its name freely, and the browser's description comes from whoever started the login.
 */
export function RequestFacts({ request }: RequestFactsProps) {
  const { instance, requested_from: from } = request;
  const requestedAt = Date.parse(request.requested_at);
  return (
    <DataList labelWidth="6.5rem" gap="sm">
      <Fact label="Instance">
        <Group gap="xs">
          <Text component="bdi" inherit fw={600} lineClamp={2}>
            {instance.name?.trim() || 'Unnamed instance'}
          </Text>
          {instance.claimed ? null : (
            <Badge size="sm" color="yellow" variant="light">
              unverified
            </Badge>
          )}
        </Group>
      </Fact>
      <Fact label="Page address">
        <PageFact request={request} />
      </Fact>
      <Fact label="Client ID">
        <Code>{instance.client_id}</Code>
      </Fact>
      <Fact label="Browser">
        <bdi>{browserName(from.user_agent)}</bdi>
      </Fact>
      <Fact label="Asked from">{addressWords(from.address, 'cloud')}</Fact>
      <Fact label="Asked">
        <TimeAgo at={requestedAt} /> ({dateAndTime(requestedAt)})
      </Fact>
    </DataList>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <DataList.Item>
      <DataList.ItemLabel>{label}</DataList.ItemLabel>
      <DataList.ItemValue>{children}</DataList.ItemValue>
    </DataList.Item>
  );
}
