import { CenteredCard } from '../../components/CenteredCard.tsx';
import { AppPage } from '../layout/AppPage.tsx';
import { ButtonLink } from '../links.tsx';

export function NotFoundPage() {
  return (
    <AppPage title="Page not found" titleInContent>
      <CenteredCard
        title="Page not found"
        description="There is no page at this address. Check the address, or go on from the launcher."
      >
        <ButtonLink to="/launcher">Go to the launcher</ButtonLink>
      </CenteredCard>
    </AppPage>
  );
}

/** An address that names a bookmark which this browser does not have. */
export function UnknownInstancePage() {
  return (
    <AppPage title="Unknown instance" titleInContent>
      <CenteredCard
        title="This browser does not know that instance"
        description="Bookmarks are kept in the browser in which they were made. Add the instance by its address in the launcher."
      >
        <ButtonLink to="/launcher">Go to the launcher</ButtonLink>
      </CenteredCard>
    </AppPage>
  );
}
