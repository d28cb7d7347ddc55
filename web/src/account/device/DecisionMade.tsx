import { Button, Stack, Text } from '@mantine/core';
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react';

type DecisionMadeProps = ({ step: 'approved'; instanceName: string | undefined } | { step: 'denied' }) & {
  onStartOver: () => void;
};

/** The end of a decision: what happens now, and where to go. */
export function DecisionMade(props: DecisionMadeProps) {
  return (
    <Stack gap="md" align="flex-start">
      {props.step === 'approved' ? (
        <>
          <IconCircleCheck size={40} color="var(--mantine-color-success)" aria-hidden />
          <Text>
            Go back to the other tab: the instance’s page goes on by itself
            {props.instanceName === undefined
              ? ''
              : ', and asks for the claim code unless its link has brought it along'}
            . This page can be closed.
          </Text>
        </>
      ) : (
        <>
          <IconCircleX size={40} color="var(--mantine-color-error)" aria-hidden />
          <Text>
            Nobody was signed in, and the code is used up. If you did not start this sign-in, there is nothing
            else to do. This page can be closed.
          </Text>
        </>
      )}
      <Button variant="default" onClick={props.onStartOver}>
        Enter another code
      </Button>
    </Stack>
  );
}
