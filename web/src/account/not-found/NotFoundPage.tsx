import { CenteredCard } from '../../components/CenteredCard.tsx';
import { AccountShell } from '../layout/AccountShell.tsx';
import { ButtonLink } from '../navigation.tsx';

export function NotFoundPage() {
  return (
    <AccountShell title="Page not found" titleInContent>
      <CenteredCard
        title="Page not found"
        description="This cloud has no page at this address. Check the address, or go on from the start page."
      >
        <ButtonLink to="/">Go to your instances</ButtonLink>
      </CenteredCard>
    </AccountShell>
  );
}
