import { Button } from '@mantine/core';
import { Failure } from '../../components/Failure.tsx';
import { AccountShell } from './AccountShell.tsx';

/** What the error boundary shows: this page has a defect, the cloud and the account are fine. */
export function PageCrashed() {
  return (
    <AccountShell title="This page has failed">
      <Failure
        title="A defect in this page stopped it"
        message="Nothing was decided or changed by that. Load the page again; if it fails again, please report it."
        action={
          <Button size="sm" variant="default" onClick={() => location.reload()}>
            Load the page again
          </Button>
        }
      />
    </AccountShell>
  );
}
