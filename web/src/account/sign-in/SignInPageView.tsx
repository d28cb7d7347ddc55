import { Button, Divider, Paper, PasswordInput, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconFingerprint } from '@tabler/icons-react';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Failure } from '../../components/Failure.tsx';
import { Loading } from '../../components/Loading.tsx';
import type { SignInFields } from '../api/session.ts';
import { emailProblem } from '../credentials.ts';
import { EmailField } from '../EmailField.tsx';
import { explainEnterFailure } from '../explain-enter-failure.ts';
import { focusFirstInvalid } from '../focus-first-invalid.ts';
import { instancesInWords } from '../instances-in-words.ts';
import { AccountShell } from '../layout/AccountShell.tsx';
import type { SignedOut } from '../layout/use-sign-out.ts';
import { type ReturnPath, TextLink } from '../navigation.tsx';
import { explainPasskeyFailure } from '../passkeys/explain-passkey-failure.ts';

interface SignInPageViewProps {
  returnTo: ReturnPath;
  /** Where the person has just signed out. */
  signedOut: SignedOut | null;
  /** Not known yet whether somebody is signed in. */
  loading: boolean;
  submitting: boolean;
  error: Error | null;
  onSubmit: (fields: SignInFields) => void;
  /** Undefined where there can be no passkeys. */
  passkey: { submitting: boolean; error: Error | null; onUse: () => void } | undefined;
}

export function SignInPageView({ returnTo, signedOut, loading, passkey, ...form }: SignInPageViewProps) {
  return (
    <AccountShell title="Sign in" titleInContent>
      <CenteredCard title="Sign in" description={<SignInReason returnTo={returnTo} />}>
        {signedOut ? <SignedOutNote {...signedOut} /> : null}
        {loading ? <Loading label="Checking who is signed in" /> : <SignInForm {...form} />}
        {passkey && !loading ? (
          <>
            <Divider label="or" />
            {passkey.error ? <Failure {...explainPasskeyFailure(passkey.error)} /> : null}
            <Button
              variant="default"
              loading={passkey.submitting}
              leftSection={<IconFingerprint size={20} aria-hidden />}
              onClick={passkey.onUse}
            >
              Use a passkey
            </Button>
          </>
        ) : null}
        <Text size="sm">
          <TextLink to="/forgot-password">Forgot your password?</TextLink>
          <br />
          No account at this cloud yet?{' '}
          <TextLink to="/sign-up" returnTo={returnTo}>
            Create one
          </TextLink>
        </Text>
      </CenteredCard>
    </AccountShell>
  );
}

function SignInReason({ returnTo }: { returnTo: ReturnPath }) {
  return returnTo === '/device'
    ? `Sign in to your account at ${location.host}, then decide on the instance that asks.`
    : `Your account at ${location.host} says which instances are yours.`;
}

/** An instance has a sign-out of its own: what is open there on a borrowed computer must not come as a surprise. */
function SignedOutNote({ instances }: SignedOut) {
  return (
    <Paper component="output" display="block" withBorder p="md">
      <Text size="sm" span>
        {instances > 0 ? (
          <>
            You are signed out of this cloud and at {instancesInWords(instances)}; what is open there ends in
            a moment.
          </>
        ) : (
          <>
            You are signed out of this cloud; sign-ins at your instances stay until you sign out there, or
            everywhere else on the <TextLink to="/security">security page</TextLink>.
          </>
        )}
      </Text>
    </Paper>
  );
}

function SignInForm({
  submitting,
  error,
  onSubmit,
}: Omit<SignInPageViewProps, 'returnTo' | 'signedOut' | 'loading' | 'passkey'>) {
  const form = useForm<SignInFields>({
    mode: 'uncontrolled',
    initialValues: { email: '', password: '' },
    validate: {
      email: emailProblem,
      password: (password) => (password === '' ? 'Enter your password.' : null),
    },
    transformValues: ({ email, password }) => ({ email: email.trim(), password }),
  });
  return (
    <form noValidate onSubmit={form.onSubmit(onSubmit, focusFirstInvalid(form))}>
      <Stack gap="md">
        {error ? <Failure {...explainEnterFailure(error)} /> : null}
        <EmailField key={form.key('email')} {...form.getInputProps('email')} />
        <PasswordInput
          label="Password"
          name="password"
          autoComplete="current-password"
          required
          visibilityToggleFocusable
          visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
          key={form.key('password')}
          {...form.getInputProps('password')}
        />
        <Button type="submit" loading={submitting} fullWidth>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
