import { Button, Code, Stack, Text } from '@mantine/core';
import { Countdown } from '../../components/Countdown.tsx';
import { Failure } from '../../components/Failure.tsx';
import type { DeviceRequest } from '../api/device.ts';
import type { DeviceProblem } from './device-problem.ts';
import type { DeviceActions } from './device-state.ts';
import { PageAddress } from './PageAddress.tsx';

interface ForeignInstanceProps extends Pick<DeviceActions, 'onDeny' | 'onExpire' | 'onUseAnotherAccount'> {
  request: DeviceRequest;
  denying: boolean;
  problem: DeviceProblem | undefined;
}

/** A sign-in that this account cannot approve, and what it can do instead. */
export function ForeignInstance({
  request,
  denying,
  problem,
  onDeny,
  onExpire,
  onUseAnotherAccount,
}: ForeignInstanceProps) {
  const { origin } = request.requested_from;
  return (
    <Stack gap="md">
      <Text>
        Your account is in no workspace that owns it, so you cannot approve this sign-in. Who owns it, and
        what they call it, this cloud does not tell: ask whoever gave you the address to let you in.
      </Text>
      <Text size="sm" c="dimmed">
        {origin === null ? (
          'A program asks'
        ) : (
          <>
            The page <PageAddress origin={origin} /> asks
          </>
        )}{' '}
        for the instance with the client ID <Code>{request.instance.client_id}</Code>.
      </Text>
      <Text>
        Is it yours under another account? Change to that one: the code stays good.{' '}
        <Countdown until={Date.parse(request.expires_at)} label="Expires in" onExpire={onExpire} />
      </Text>
      {problem ? <Failure title={problem.title} message={problem.message} /> : null}
      <Button fullWidth disabled={denying} onClick={onUseAnotherAccount}>
        Use another account
      </Button>
      <Button fullWidth variant="default" loading={denying} onClick={onDeny}>
        End the sign-in
      </Button>
    </Stack>
  );
}
