import { CenteredCard } from '../components/CenteredCard.tsx';
import { ButtonLink } from './links.tsx';

interface SignInFirstProps {
  bookmarkId: string;
  /** Why the last session ended, or what the page needs to know the person for. */
  reason: string;
}

/** What a page that is for members shows to somebody who is not signed in. */
export function SignInFirst({ bookmarkId, reason }: SignInFirstProps) {
  return (
    <CenteredCard title="Sign in first" description={reason}>
      <ButtonLink to="/instances/$instanceId" params={{ instanceId: bookmarkId }}>
        Sign in
      </ButtonLink>
    </CenteredCard>
  );
}
