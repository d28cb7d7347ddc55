import { Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, use, useCallback, useEffect, useRef, useState } from 'react';
import { Failure } from '../../components/Failure.tsx';
import { Loading } from '../../components/Loading.tsx';
import { CloudError } from '../api/cloud-request.ts';
import { confirmIdentity, type IdentityProof, secondFactorQuery } from '../api/security.ts';
import type { FailureWords } from '../failure-words.ts';
import { CloudFailure } from '../layout/CloudFailure.tsx';
import { CurrentPasswordForm } from '../password/CurrentPasswordForm.tsx';
import { CodeForm } from './CodeForm.tsx';
import { explainSecurityFailure } from './explain-security-failure.ts';

/** The person closed the dialog that asks who they are. Nothing went wrong, and nothing was done. */
class ConfirmationCancelled extends Error {
  override readonly name = 'ConfirmationCancelled';
}

type Confirmed = <Answer>(act: () => Promise<Answer>) => Promise<Answer>;

const ConfirmationContext = createContext<Confirmed>((act) => act());

interface ConfirmationProviderProps {
  accountId: string;
  /** Why the cloud asks, as a sentence. */
  reason?: string;
  children: ReactNode;
}

/**
 * Gives what is inside a way to do dangerous acts: where the cloud first wants to know again who acts, a dialog asks, and
 * the act is done after that.
 */
export function ConfirmationProvider({
  accountId,
  reason = 'This changes how your account is protected.',
  children,
}: ConfirmationProviderProps) {
  const [waiting, setWaiting] = useState<PromiseWithResolvers<void>>();
  const confirmed = useCallback<Confirmed>(async (act) => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof CloudError && error.code === 'confirmation_required')) throw error;
    }
    const confirmation = Promise.withResolvers<void>();
    setWaiting(confirmation);
    await confirmation.promise.finally(() => setWaiting(undefined));
    return act();
  }, []);
  return (
    <ConfirmationContext value={confirmed}>
      {children}
      <Modal
        opened={waiting !== undefined}
        onClose={() => waiting?.reject(new ConfirmationCancelled())}
        title="Confirm that it is you"
        centered
      >
        <ConfirmationForm accountId={accountId} reason={reason} onConfirmed={() => waiting?.resolve()} />
      </Modal>
    </ConfirmationContext>
  );
}

/** Does an act of which the cloud may first want to know that the right person does it. */
export function useConfirmed(): Confirmed {
  return use(ConfirmationContext);
}

/** What of a mutation's error is to be shown. */
export function shownError(error: Error | null): Error | null {
  return error instanceof ConfirmationCancelled ? null : error;
}

interface ConfirmationFormProps {
  accountId: string;
  reason: string;
  onConfirmed: () => void;
}

function ConfirmationForm({ accountId, reason, onConfirmed }: ConfirmationFormProps) {
  const secondFactor = useQuery(secondFactorQuery(accountId));
  const confirm = useMutation({
    mutationFn: confirmIdentity,
    onSuccess: onConfirmed,
    // Until that is known, the wrong field would be there.
    onError: async (error, proof) => {
      if (isOtherThanAsked(error, proof)) await secondFactor.refetch();
    },
  });
  const hasChanged = isOtherThanAsked(confirm.error, confirm.variables);
  const fields = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (hasChanged) fields.current?.querySelector('input')?.focus();
  }, [hasChanged]);
  if (secondFactor.error) {
    return <CloudFailure error={secondFactor.error} onRetry={() => void secondFactor.refetch()} />;
  }
  if (!secondFactor.data) return <Loading label="Loading" />;
  const words = hasChanged ? changedWords(secondFactor.data.on) : undefined;
  const failure = confirm.error ? <Failure {...(words ?? explainSecurityFailure(confirm.error))} /> : null;
  return (
    <Stack gap="md" ref={fields}>
      <Text size="sm">{reason} A confirmation counts for five minutes.</Text>
      {secondFactor.data.on ? (
        <CodeForm
          label="Code"
          description="From your authenticator app, or one of your recovery codes."
          submitLabel="Confirm"
          submitting={confirm.isPending}
          failure={failure}
          onSubmit={(code) => confirm.mutate({ code })}
        />
      ) : (
        <CurrentPasswordForm
          submitLabel="Confirm"
          submitting={confirm.isPending}
          failure={failure}
          onSubmit={(password) => confirm.mutate({ password })}
        />
      )}
    </Stack>
  );
}

/** Whether the cloud judged something else than what was sent: the second factor was turned on or off meanwhile. */
function isOtherThanAsked(error: Error | null, proof: IdentityProof | undefined): boolean {
  if (!(error instanceof CloudError) || proof === undefined) return false;
  return error.code === ('code' in proof ? 'wrong_password' : 'wrong_code');
}

function changedWords(isOn: boolean): FailureWords {
  return isOn
    ? {
        title: 'Two-step sign-in was turned on elsewhere',
        message: 'So a code is asked for now, instead of your password.',
      }
    : {
        title: 'Two-step sign-in was turned off elsewhere',
        message: 'So your password is asked for now, instead of a code.',
      };
}
