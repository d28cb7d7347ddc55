import { Button, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
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
  const { data: entry } = useQuery(entryQuery);
  if (request.isSuccess) {
    return entry?.sends_mail === false ? (
      <LinkInLog email={request.variables} />
    ) : (
      <LinkInMail email={request.variables} />
    );
  }
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
function LinkInMail({ email }: { email: string }) {
  return (
    <LinkRequested title="A link is on its way">
      If there is an account with the address <bdi>{email}</bdi>, it gets a mail with the link, which is good
      for an hour. Look into the folder for spam, too.
    </LinkRequested>
  );
}

/** As `LinkInMail`, where no mail comes however long one waits. */
function LinkInLog({ email }: { email: string }) {
  return (
    <LinkRequested title="Ask for the link">
      This cloud sends no mail. If there is an account with the address <bdi>{email}</bdi>, whoever runs the
      cloud finds the link in its log, where it is good for an hour. Ask them to pass it on to you.
    </LinkRequested>
  );
}

function LinkRequested({ title, children }: { title: string; children: ReactNode }) {
  return (
    <AccountShell title={title} titleInContent>
      <CenteredCard title={title} description={children}>
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
