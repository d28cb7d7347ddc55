import { Button } from '@mantine/core';
import { Failure } from '../../components/Failure.tsx';
import { silence } from '../request-failure.ts';
import { useIsSilent, useWhenBack } from '../use-silence.ts';

const reload = () => location.reload();

/** In the place of the editor where its files could not be fetched. Browsers may remember that until the page is loaded again. */
export function EditorNotLoaded() {
  useWhenBack(useIsSilent(), reload);
  return (
    <Failure
      title="The playground could not be loaded"
      message={silence}
      action={
        <Button size="sm" variant="default" onClick={reload}>
          Load the page again
        </Button>
      }
    />
  );
}
