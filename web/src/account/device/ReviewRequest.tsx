import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { Countdown } from '../../components/Countdown.tsx';
import { Failure } from '../../components/Failure.tsx';
import type { DeviceRequest } from '../api/device.ts';
import { focusFirstInvalid } from '../focus-first-invalid.ts';
import type { DeviceProblem } from './device-problem.ts';
import type { DeviceActions } from './device-state.ts';
import { instanceNameProblem } from './instance-name.ts';
import { Origin } from './Origin.tsx';
import { RequestFacts } from './RequestFacts.tsx';
import classes from './review-request.module.css';

interface ReviewRequestProps extends Pick<DeviceActions, 'onApprove' | 'onDeny' | 'onExpire'> {
  request: DeviceRequest;
  bound: boolean;
  suggestedName: string;
  deciding: 'approve' | 'deny' | undefined;
  problem: DeviceProblem | undefined;
}

/** Everything that is known about a device login, and the two buttons that decide on it. */
export function ReviewRequest({
  request,
  bound,
  suggestedName,
  deciding,
  problem,
  onApprove,
  onDeny,
  onExpire,
}: ReviewRequestProps) {
  const unclaimed = !request.instance.claimed;
  const form = useForm({
    mode: 'uncontrolled',
    initialValues: { instanceName: suggestedName, matchCode: '' },
    validate: {
      instanceName: (name) => (unclaimed ? instanceNameProblem(name) : null),
      matchCode: (code) => (bound || /^\d{2}$/.test(code.trim()) ? null : 'The match code has two digits.'),
    },
  });
  const approve = form.onSubmit(
    ({ instanceName, matchCode }) =>
      onApprove({
        ...(unclaimed && { instanceName: instanceName.trim() }),
        ...(!bound && { matchCode: matchCode.trim() }),
      }),
    focusFirstInvalid(form),
  );
  return (
    <form noValidate onSubmit={approve}>
      <Stack gap="lg">
        <Stack gap={4} className={classes.code}>
          <Text size="sm" c="dimmed">
            The instance’s page must show the same code
          </Text>
          <Text className={classes.userCode}>{request.user_code}</Text>
          <Countdown until={Date.parse(request.expires_at)} label="Expires in" onExpire={onExpire} />
        </Stack>
        <Origin request={request} bound={bound} />
        <RequestFacts request={request} />
        {unclaimed ? (
          <Stack gap="sm">
            <Text>
              <strong>This instance has no owner yet: approving lets you claim it.</strong> What it says about
              itself is unverified until then.
            </Text>
            <TextInput
              label="Name of the instance"
              description="You and your workspace see it under this name. You can change it later."
              name="instance_name"
              autoComplete="off"
              maxLength={64}
              required
              key={form.key('instanceName')}
              {...form.getInputProps('instanceName')}
            />
          </Stack>
        ) : null}
        {bound ? null : (
          <TextInput
            label="Match code"
            description="Two digits, shown by the page where the sign-in began. Do not take them from a message or a call."
            name="match_code"
            autoComplete="off"
            inputMode="numeric"
            maxLength={2}
            required
            classNames={{ input: classes.matchCode }}
            key={form.key('matchCode')}
            {...form.getInputProps('matchCode')}
          />
        )}
        {problem ? <Failure title={problem.title} message={problem.message} /> : null}
        <Group grow gap="sm" preventGrowOverflow={false}>
          <Button
            type="button"
            variant={bound ? 'default' : 'filled'}
            loading={deciding === 'deny'}
            disabled={deciding === 'approve'}
            onClick={onDeny}
          >
            Deny
          </Button>
          <Button
            type="submit"
            variant={bound ? 'filled' : 'default'}
            loading={deciding === 'approve'}
            disabled={deciding === 'deny'}
          >
            Approve
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
