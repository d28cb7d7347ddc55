import { Badge, Button, Modal, Text } from '@mantine/core';
import { IconDeviceMobileCode } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Failure } from '../../components/Failure.tsx';
import { Loading } from '../../components/Loading.tsx';
import {
  beginSecondFactor,
  type Enrolment,
  renewRecoveryCodes,
  type SecondFactorState,
  secondFactorQuery,
  turnSecondFactorOff,
  turnSecondFactorOn,
} from '../api/security.ts';
import { CloudFailure } from '../layout/CloudFailure.tsx';
import { shownError, useConfirmed } from './confirmation.tsx';
import { EnrolAuthenticator } from './EnrolAuthenticator.tsx';
import { explainSecurityFailure } from './explain-security-failure.ts';
import { RecoveryCodes } from './RecoveryCodes.tsx';
import { SecurityRow, SecurityRows, SecuritySection } from './SecuritySection.tsx';

/** A code beside the password: on, off, and what stands in when the device is lost. */
export function SecondFactorSection({ accountId }: { accountId: string }) {
  const queryClient = useQueryClient();
  const confirmed = useConfirmed();
  const query = secondFactorQuery(accountId);
  const state = useQuery(query);
  const reload = async () => queryClient.invalidateQueries({ queryKey: query.queryKey });
  const [enrolment, setEnrolment] = useState<Enrolment>();
  const [codes, setCodes] = useState<string[]>();

  const begin = useMutation({
    mutationFn: async () => confirmed(beginSecondFactor),
    onSuccess: setEnrolment,
    onError: reload,
  });
  const showCodes = (shown: string[]) => {
    setEnrolment(undefined);
    setCodes(shown);
    void reload();
  };
  const turnOn = useMutation({
    mutationFn: async (code: string) => confirmed(async () => turnSecondFactorOn(code)),
    onSuccess: showCodes,
  });
  const renew = useMutation({ mutationFn: async () => confirmed(renewRecoveryCodes), onSuccess: showCodes });
  const turnOff = useMutation({ mutationFn: async () => confirmed(turnSecondFactorOff), onSuccess: reload });
  const failure = shownError(begin.error ?? renew.error ?? turnOff.error);

  return (
    <SecuritySection
      title="Two-step sign-in"
      description="After your password, a code from an app on your phone. Whoever learns your password still cannot sign in."
    >
      {failure ? <Failure {...explainSecurityFailure(failure)} /> : null}
      {state.error ? (
        <CloudFailure error={state.error} onRetry={() => void state.refetch()} />
      ) : state.data ? (
        <SecurityRows label="Two-step sign-in">
          <AuthenticatorRow
            state={state.data}
            turningOn={begin.isPending}
            turningOff={turnOff.isPending}
            renewing={renew.isPending}
            onTurnOn={() => {
              turnOn.reset();
              begin.mutate();
            }}
            onTurnOff={() => turnOff.mutate()}
            onRenew={() => renew.mutate()}
          />
        </SecurityRows>
      ) : (
        <Loading label="Loading two-step sign-in" />
      )}
      <Modal
        opened={enrolment !== undefined}
        onClose={() => setEnrolment(undefined)}
        title="Turn on two-step sign-in"
        centered
      >
        {enrolment ? (
          <EnrolAuthenticator
            enrolment={enrolment}
            submitting={turnOn.isPending}
            error={shownError(turnOn.error)}
            onSubmit={turnOn.mutate}
          />
        ) : null}
      </Modal>
      <Modal
        opened={codes !== undefined}
        onClose={() => setCodes(undefined)}
        closeOnClickOutside={false}
        closeOnEscape={false}
        title="Your recovery codes"
        centered
      >
        {codes ? <RecoveryCodes codes={codes} onDone={() => setCodes(undefined)} /> : null}
      </Modal>
    </SecuritySection>
  );
}

interface AuthenticatorRowProps {
  state: SecondFactorState;
  turningOn: boolean;
  turningOff: boolean;
  renewing: boolean;
  onTurnOn: () => void;
  onTurnOff: () => void;
  onRenew: () => void;
}

function AuthenticatorRow({ state, ...acts }: AuthenticatorRowProps) {
  const left = state.recovery_codes_left;
  return (
    <SecurityRow
      icon={<IconDeviceMobileCode size={20} aria-hidden />}
      title="Authenticator app"
      badge={
        <Badge color={state.on ? 'green' : 'gray'} variant="light">
          {state.on ? 'on' : 'off'}
        </Badge>
      }
      actions={
        state.on ? (
          <>
            <Button size="sm" variant="default" loading={acts.renewing} onClick={acts.onRenew}>
              New recovery codes
            </Button>
            <Button size="sm" variant="default" loading={acts.turningOff} onClick={acts.onTurnOff}>
              Turn off
            </Button>
          </>
        ) : (
          <Button size="sm" loading={acts.turningOn} onClick={acts.onTurnOn}>
            Turn on
          </Button>
        )
      }
    >
      <Text size="sm" c={state.on && left < 3 ? 'var(--mantine-color-error)' : 'dimmed'}>
        {state.on
          ? `${left === 1 ? '1 recovery code is' : `${left} recovery codes are`} left, for when you cannot use the app.`
          : 'Any app that shows codes by the time will do.'}
      </Text>
    </SecurityRow>
  );
}
