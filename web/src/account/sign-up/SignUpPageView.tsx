import { Button, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Failure } from '../../components/Failure.tsx';
import { Loading } from '../../components/Loading.tsx';
import type { SignUpFields } from '../api/session.ts';
import { emailProblem, newPasswordProblem, personNameProblem } from '../credentials.ts';
import { EmailField } from '../EmailField.tsx';
import { explainEnterFailure } from '../explain-enter-failure.ts';
import { focusFirstInvalid } from '../focus-first-invalid.ts';
import { AccountShell } from '../layout/AccountShell.tsx';
import { type ReturnPath, TextLink } from '../navigation.tsx';
import { NewPasswordField } from '../password/NewPasswordField.tsx';

interface SignUpPageViewProps {
  returnTo: ReturnPath;
  /** Nobody has an account at this cloud yet. */
  first: boolean;
  /** Not known yet whether somebody is signed in. */
  loading: boolean;
  submitting: boolean;
  error: Error | null;
  onSubmit: (fields: SignUpFields) => void;
}

export function SignUpPageView({ returnTo, first, loading, ...form }: SignUpPageViewProps) {
  return (
    <AccountShell title="Create an account" titleInContent>
      <CenteredCard
        title="Create an account"
        description={
          first ? FIRST : `It is kept by this cloud, ${location.host}, and says which instances are yours.`
        }
      >
        {loading ? <Loading label="Checking who is signed in" /> : <SignUpForm {...form} />}
        <Text size="sm">
          Already have an account?{' '}
          <TextLink to="/sign-in" returnTo={returnTo}>
            Sign in
          </TextLink>
        </Text>
      </CenteredCard>
    </AccountShell>
  );
}

const FIRST = `This cloud, ${location.host}, has none yet: make the first. It says which instances are yours.`;

function SignUpForm({
  submitting,
  error,
  onSubmit,
}: Omit<SignUpPageViewProps, 'returnTo' | 'first' | 'loading'>) {
  const form = useForm<SignUpFields>({
    mode: 'uncontrolled',
    initialValues: { name: '', email: '', password: '' },
    validate: { name: personNameProblem, email: emailProblem, password: newPasswordProblem },
    transformValues: ({ name, email, password }) => ({ name: name.trim(), email: email.trim(), password }),
  });
  return (
    <form noValidate onSubmit={form.onSubmit(onSubmit, focusFirstInvalid(form))}>
      <Stack gap="md">
        {error ? <Failure {...explainEnterFailure(error)} /> : null}
        <TextInput
          label="Name"
          name="name"
          autoComplete="name"
          required
          key={form.key('name')}
          {...form.getInputProps('name')}
        />
        <EmailField key={form.key('email')} {...form.getInputProps('email')} />
        <NewPasswordField
          label="Password"
          name="password"
          accountWords={() => {
            const { name, email } = form.getValues();
            return [name, email];
          }}
          key={form.key('password')}
          {...form.getInputProps('password')}
        />
        <Button type="submit" loading={submitting} fullWidth>
          Create account
        </Button>
      </Stack>
    </form>
  );
}
