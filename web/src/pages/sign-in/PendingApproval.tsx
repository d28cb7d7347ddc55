import { Alert, Button, Divider, Group, Loader, Stack, Text } from '@mantine/core';
import { IconCloudOff, IconExternalLink } from '@tabler/icons-react';
import { QRCodeSVG } from 'qrcode.react';
import type { MouseEvent } from 'react';
import { isLoopbackHost } from '../../auth/secure-context.ts';
import type { SignInState } from '../../auth/sign-in.ts';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Countdown } from '../../components/Countdown.tsx';
import classes from './pending-approval.module.css';

interface PendingApprovalProps extends Omit<Extract<SignInState, { step: 'pending' }>, 'step'> {
  /** What the instance is called in this browser, as it reads in a sentence. */
  name: string;
  onCancel: () => void;
}

/** The code, the three ways to approve it, and how long that is possible. */
export function PendingApproval({
  name,
  userCode,
  verificationUri,
  verificationUriComplete,
  matchCode,
  isApprovalPageOpen,
  openApprovalPage,
  expiresAt,
  cloudUnreachable,
  onCancel,
}: PendingApprovalProps) {
  const open = (event: MouseEvent) => {
    // Any other click is the browser's own: a new window, a download. Such a page asks for the match code.
    const isPlain = !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (isPlain && openApprovalPage()) event.preventDefault();
  };
  return (
    <CenteredCard
      title="Approve this sign-in"
      description={`${isApprovalPageOpen ? 'The approval page has opened in another tab. ' : ''}Compare the code, then let this browser into ${name}.`}
    >
      <Group gap="sm" wrap="nowrap" component="output" aria-live="polite">
        <Loader size="sm" aria-hidden />
        <Text>
          <strong>Pending:</strong> waiting for your approval
        </Text>
      </Group>
      <Stack gap="xs" align="center">
        <Group gap="xs" justify="center" wrap="nowrap">
          {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- read letter by letter, but copied as text */}
          <Text className={classes.code} aria-label={`Your code: ${spoken(userCode)}`} role="img">
            {userCode}
          </Text>
          <CopyButton value={userCode} label="Copy code" />
        </Group>
        <Countdown until={expiresAt} label="The code expires in" />
      </Stack>
      {cloudUnreachable ? (
        <Alert color="yellow" title="The cloud does not answer" icon={<IconCloudOff aria-hidden />}>
          This page keeps asking. Your code stays valid until it expires.
        </Alert>
      ) : null}
      <Button
        component="a"
        size="md"
        px="sm"
        variant={isApprovalPageOpen ? 'default' : 'filled'}
        classNames={{ root: classes.open, label: classes.openLabel }}
        href={verificationUriComplete}
        target="_blank"
        rel="noopener"
        onClick={open}
        leftSection={<IconExternalLink size={20} aria-hidden />}
      >
        {isApprovalPageOpen ? 'Open the approval page again' : 'Open the approval page'}
      </Button>
      <Divider label="or use another device" />
      <Group gap="lg" align="center" className={classes.otherDevice}>
        <div className={classes.qr}>
          <QRCodeSVG
            value={verificationUriComplete}
            size={128}
            marginSize={2}
            title="QR code of the approval page, with the code filled in"
          />
        </div>
        <Text size="sm" className={classes.instructions}>
          Scan the picture, or open <strong>{verificationUri}</strong> and type the code.
          {isLoopbackHost(new URL(verificationUri).hostname)
            ? ' That address leads to the cloud only on the machine that runs it.'
            : null}
        </Text>
      </Group>
      {matchCode === undefined ? null : (
        <Group gap="md" wrap="nowrap" className={classes.match}>
          {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- read digit by digit, but copied as text */}
          <Text className={classes.matchCode} aria-label={`Match code: ${spoken(matchCode)}`} role="img">
            {matchCode}
          </Text>
          <Text size="sm" className={classes.instructions}>
            <strong>Match code.</strong> The approval page asks for it on another device, and may here, too,
            the first time that this instance is used at this address. Enter it there, and tell it to nobody.
          </Text>
        </Group>
      )}
      <Button variant="default" onClick={onCancel}>
        Cancel
      </Button>
    </CenteredCard>
  );
}

/** A code as a screen reader reads it: sign by sign. */
function spoken(code: string): string {
  return [...code].join(' ');
}
