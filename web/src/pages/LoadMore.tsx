import { Button, Text } from '@mantine/core';
import { Failure } from '../components/Failure.tsx';

export interface LoadMoreProps {
  hasMore: boolean;
  isLoadingMore: boolean;
  /** Why the last attempt failed. */
  moreFailure: string | undefined;
  loadMore: () => void;
}

/** The way to the rest of a list, or its end. */
export function LoadMore({ hasMore, isLoadingMore, moreFailure, loadMore }: LoadMoreProps) {
  if (!hasMore) return <Text c="dimmed">That is all.</Text>;
  return (
    <>
      {moreFailure === undefined ? null : (
        <Failure title="The rest could not be read" message={moreFailure} />
      )}
      <Button variant="default" loading={isLoadingMore} onClick={loadMore}>
        Load more
      </Button>
    </>
  );
}
