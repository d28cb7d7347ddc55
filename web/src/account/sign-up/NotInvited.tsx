import { CenteredCard } from '../../components/CenteredCard.tsx';
import { AccountShell } from '../layout/AccountShell.tsx';
import { ButtonLink, type ReturnPath } from '../navigation.tsx';

interface NotInvitedProps {
  /** `useless`: there is an invitation, but it is not good. */
  why: 'invite' | 'closed' | 'useless';
  returnTo: ReturnPath;
}

/** Why nobody can create an account here, or only by invitation. */
export function NotInvited({ why, returnTo }: NotInvitedProps) {
  const { title, description } = words[why];
  return (
    <AccountShell title="Create an account" titleInContent>
      <CenteredCard title={title} description={`${description} If you have an account, sign in.`}>
        <ButtonLink to="/sign-in" returnTo={returnTo}>
          Sign in
        </ButtonLink>
      </CenteredCard>
    </AccountShell>
  );
}

const words = {
  closed: {
    title: 'This cloud takes no new accounts',
    description: `Whoever runs ${location.host} has closed it for others.`,
  },
  invite: {
    title: 'New accounts are by invitation',
    description: `Ask whoever runs ${location.host} for an invitation, and open its link.`,
  },
  useless: {
    title: 'This invitation does not work',
    description: `It was used already, is too old, or is not whole. Ask whoever runs ${location.host} for another.`,
  },
} as const;
