import { Group, Loader, Text } from '@mantine/core';

interface LoadingProps {
  /** What is awaited, for example "Loading the sessions". */
  label: string;
  /** Nobody answers at the moment, which the page says above. */
  isSilent?: boolean;
}

/** A wait without a known end. */
export function Loading({ label, isSilent = false }: LoadingProps) {
  return (
    <Group component="output" gap="sm" justify="center" py="xl">
      <Loader size="sm" aria-hidden />
      <Text c="dimmed">
        {isSilent ? 'This part of the page comes as soon as there is an answer.' : `${label}…`}
      </Text>
    </Group>
  );
}
