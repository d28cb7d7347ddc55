import { Badge, Button, Text } from '@mantine/core';
import { IconMail } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Loading } from '../../components/Loading.tsx';
import { emailQuery, entryQuery, requestVerification } from '../api/links.ts';
import type { Account } from '../api/session.ts';
import { CloudFailure } from '../layout/CloudFailure.tsx';
import { SecurityRow, SecurityRows, SecuritySection } from './SecuritySection.tsx';

/** The account's address, and the way to confirm it. */
export function EmailSection({ account }: { account: Account }) {
  const state = useQuery(emailQuery(account.id));
  const { data: entry } = useQuery(entryQuery);
  const request = useMutation({ mutationFn: requestVerification });
  return (
    <SecuritySection
      title="Email address"
      description="You sign in with it, and links for a new password go to it."
    >
      {request.error ? <CloudFailure error={request.error} /> : null}
      {state.error ? (
        <CloudFailure error={state.error} onRetry={() => void state.refetch()} />
      ) : state.data ? (
        <SecurityRows label="Email address">
          <SecurityRow
            icon={<IconMail size={20} aria-hidden />}
            title={<bdi>{account.email}</bdi>}
            badge={
              <Badge color={state.data.verified ? 'green' : 'gray'} variant="light">
                {state.data.verified ? 'confirmed' : 'not confirmed'}
              </Badge>
            }
            actions={
              state.data.verified || request.isSuccess ? null : (
                <Button
                  size="sm"
                  variant="default"
                  loading={request.isPending}
                  onClick={() => request.mutate()}
                >
                  Confirm address
                </Button>
              )
            }
          >
            <Text size="sm" c="dimmed" component="output">
              {request.isSuccess && !state.data.verified ? linkWords(entry?.sends_mail) : null}
            </Text>
          </SecurityRow>
        </SecurityRows>
      ) : (
        <Loading label="Loading your address" />
      )}
    </SecuritySection>
  );
}

function linkWords(sendsMail: boolean | undefined): string {
  return sendsMail === false
    ? 'This cloud sends no mail: whoever runs it finds the link in its log and can pass it on to you.'
    : 'A mail with a link is on its way. It is good for a day.';
}
