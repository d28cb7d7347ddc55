import { Anchor, Text } from '@mantine/core';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Failure } from '../../components/Failure.tsx';
import { AccountShell } from '../layout/AccountShell.tsx';
import { CodeForm } from '../security/CodeForm.tsx';
import { explainSecurityFailure } from '../security/explain-security-failure.ts';

interface SecondFactorViewProps {
  submitting: boolean;
  error: Error | null;
  onSubmit: (code: string) => void;
  onBeginAgain: () => void;
}

/** The second step of a sign-in, after the right password. */
export function SecondFactorView({ submitting, error, onSubmit, onBeginAgain }: SecondFactorViewProps) {
  return (
    <AccountShell title="Enter your code" titleInContent>
      <CenteredCard
        title="Enter your code"
        description="Your password is right. Now the code that your authenticator app shows, or one of your recovery codes."
      >
        <CodeForm
          label="Code"
          submitLabel="Sign in"
          submitting={submitting}
          failure={error ? <Failure {...explainSecurityFailure(error)} /> : null}
          onSubmit={onSubmit}
        />
        <Text size="sm">
          Not your account?{' '}
          <Anchor component="button" type="button" inherit onClick={onBeginAgain}>
            Begin again
          </Anchor>
        </Text>
      </CenteredCard>
    </AccountShell>
  );
}
