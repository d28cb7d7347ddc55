import { Table, Text } from '@mantine/core';
import { durationInWords } from '../durations.ts';
import type { PublicInstance } from '../instance-queries.ts';
import { FactCard } from './FactCard.tsx';

type TokenLifetimes = NonNullable<PublicInstance['cloud']['tokenLifetimes']>;

const ROWS: { name: string; lifetime: Exclude<keyof TokenLifetimes, '__typename'> }[] = [
  { name: 'Access token', lifetime: 'accessToken' },
  { name: 'Refresh token, unused', lifetime: 'refreshTokenIdle' },
  { name: 'Refresh token, at the latest', lifetime: 'refreshTokenAbsolute' },
  { name: 'Token of the instance itself', lifetime: 'instanceToken' },
  { name: 'Device code', lifetime: 'deviceCode' },
  { name: 'User code', lifetime: 'userCode' },
  { name: 'Between two polls', lifetime: 'devicePollInterval' },
];

/** The lifetimes that the cloud publishes and keeps. */
export function PublishedLifetimes({ lifetimes }: { lifetimes: PublicInstance['cloud']['tokenLifetimes'] }) {
  return (
    <FactCard title="Token lifetimes">
      {lifetimes ? (
        <Table aria-label="Token lifetimes published by the cloud">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Token</Table.Th>
              <Table.Th scope="col" ta="right">
                Lives for
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {ROWS.map(({ name, lifetime }) => {
              const seconds = lifetimes[lifetime];
              return seconds === null ? null : (
                <Table.Tr key={lifetime}>
                  <Table.Th scope="row" fw={400}>
                    {name}
                  </Table.Th>
                  <Table.Td ta="right">{durationInWords(seconds)}</Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      ) : (
        <Text c="dimmed">The cloud has not been reached yet, so its lifetimes are not known.</Text>
      )}
    </FactCard>
  );
}
