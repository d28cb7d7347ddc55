import { Button } from '@mantine/core';
import { Failure } from '../../components/Failure.tsx';
import { AppPage } from './AppPage.tsx';

/** What the error boundary shows: this page has a defect, the instance and its data are fine. */
export function PageCrashed() {
  return (
    <AppPage title="This page has failed">
      <Failure
        title="A defect in this page stopped it"
        message="The instance and what it stores are not affected. Load the page again; if it fails again, please report it."
        action={
          <Button size="sm" variant="default" onClick={() => location.reload()}>
            Load the page again
          </Button>
        }
      />
    </AppPage>
  );
}
