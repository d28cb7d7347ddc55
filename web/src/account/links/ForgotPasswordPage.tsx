import { Button, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Failure } from '../../components/Failure.tsx';
import { entryQuery, requestPasswordReset } from '../api/links.ts';
import { emailProblem } from '../credentials.ts';
import { EmailField } from '../EmailField.tsx';
import { explainFailure } from '../failure-words.ts';
import { focusFirstInvalid } from '../focus-first-invalid.ts';
import { AccountShell } from '../layout/AccountShell.tsx';
import { ButtonLink, TextLink } from '../navigation.tsx';

/** Asks for a link for a new password. */
export function ForgotPasswordPage() {
  const request = useMutation({ mutationFn: requestPasswordReset });
  if (request.isSuccess) return <LinkRequested email={request.variables} />;
  return (
    <AccountShell title="Choose a new password" titleInContent>
      <CenteredCard
        title="Choose a new password"
        description="You get a link that lets you choose one. It ends every session of your account."
      >
        <RequestForm submitting={request.isPending} error={request.error} onSubmit={request.mutate} />
        <Text size="sm">
          <TextLink to="/sign-in">Back to the sign-in</TextLink>
        </Text>
      </CenteredCard>
    </AccountShell>
  );
}

/** The same words whether or not there is an account. */
function LinkRequested({ email }: { email: string }) {
  const { data: entry } = useQuery(entryQuery);
  return (
    <AccountShell title="A link is on its way" titleInContent>
      <CenteredCard
        title="A link is on its way"
        description={
          entry?.sends_mail === false ? (
            <>
              This cloud sends no mail. If there is an account with the address <bdi>{email}</bdi>, whoever
              runs the cloud finds the link in its log and can pass it on to you. It is good for an hour.
            </>
          ) : (
            <>
              If there is an account with the address <bdi>{email}</bdi>, it gets a mail with the link, which
              is good for an hour. Look into the folder for spam, too.
            </>
          )
        }
      >
        <ButtonLink to="/sign-in" variant="default">
          Back to the sign-in
        </ButtonLink>
      </CenteredCard>
    </AccountShell>
  );
}

interface RequestFormProps {
  submitting: boolean;
  error: Error | null;
  onSubmit: (email: string) => void;
}

function RequestForm({ submitting, error, onSubmit }: RequestFormProps) {
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { email: '' },
    validate: { email: emailProblem },
  });
  return (
    <form noValidate onSubmit={form.onSubmit(({ email }) => onSubmit(email.trim()), focusFirstInvalid(form))}>
      <Stack gap="md">
        {error ? <Failure {...explainFailure(error)} /> : null}
        <EmailField key={form.key('email')} {...form.getInputProps('email')} />
        <Button type="submit" loading={submitting} fullWidth>
          Ask for a link
        </Button>
      </Stack>
    </form>
  );
}
