import { CenteredCard } from '../../components/CenteredCard.tsx';
import { AccountShell } from '../layout/AccountShell.tsx';
import { ButtonLink, type ReturnPath } from '../navigation.tsx';

interface LookIntoMailProps {
  email: string;
  returnTo: ReturnPath;
}

/** After signing up where addresses have to be confirmed; the same whether or not the address had an account. */
export function LookIntoMail({ email, returnTo }: LookIntoMailProps) {
  return (
    <AccountShell title="Look into your mail" titleInContent>
      <CenteredCard
        title="Look into your mail"
        description={
          <>
            A mail to <bdi>{email}</bdi> says how to go on. Look into the folder for spam, too. Then sign in
            here.
          </>
        }
      >
        <ButtonLink to="/sign-in" returnTo={returnTo}>
          Sign in
        </ButtonLink>
      </CenteredCard>
    </AccountShell>
  );
}
