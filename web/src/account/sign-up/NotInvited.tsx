import { CenteredCard } from '../../components/CenteredCard.tsx';
import { AccountShell } from '../layout/AccountShell.tsx';
import { ButtonLink, type ReturnPath } from '../navigation.tsx';

interface NotInvitedProps {
  policy: 'invite' | 'closed';
  returnTo: ReturnPath;
}

/** Why nobody can create an account here, or only by invitation. */
export function NotInvited({ policy, returnTo }: NotInvitedProps) {
  return (
    <AccountShell title="Create an account" titleInContent>
      <CenteredCard
        title={policy === 'closed' ? 'This cloud takes no new accounts' : 'New accounts are by invitation'}
        description={
          policy === 'closed'
            ? `Whoever runs ${location.host} has closed it for others. If you have an account, sign in.`
            : `Ask whoever runs ${location.host} for an invitation, and open its link. If you have an account, sign in.`
        }
      >
        <ButtonLink to="/sign-in" returnTo={returnTo}>
          Sign in
        </ButtonLink>
      </CenteredCard>
    </AccountShell>
  );
}
