import { Group, Loader, Text } from '@mantine/core';

interface LoadingProps {
  /** What is awaited, for example "Loading your instances". */
  label: string;
}

/** A wait without a known end. */
export function Loading({ label }: LoadingProps) {
  return (
    <Group component="output" gap="sm" justify="center" py="xl">
      <Loader size="sm" aria-hidden />
      <Text c="dimmed">{label}…</Text>
    </Group>
  );
}
