import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconInfoCircle, IconLock, IconLogin2 } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { SignInState } from '../../auth/sign-in.ts';
import type { SignedOutReason } from '../../auth/token-store.ts';
import { CenteredCard } from '../../components/CenteredCard.tsx';
import { Failure } from '../../components/Failure.tsx';
import { useFocusHeading } from '../../components/use-focus-heading.ts';
import { ClaimClosed } from '../claim/ClaimClosed.tsx';
import type { ClaimClosure } from '../claim/claim-closure.ts';
import { PendingApproval } from './PendingApproval.tsx';
import type { ConnectionObstacle } from './secure-connection.ts';

interface SignInPageViewProps {
  /** What the instance is called in this browser, as it reads in a sentence. */
  name: string;
  /** Origin of the instance. */
  url: string;
  /** Where people sign in: the issuer URL of the instance's cloud. */
  issuer: string;
  unclaimed: boolean;
  /** The claim code came with the address. */
  hasClaimCode: boolean;
  /** Undefined until the person starts. */
  state: SignInState | undefined;
  signedOutReason: SignedOutReason | undefined;
  obstacle: ConnectionObstacle | undefined;
  /** Why an instance without an owner cannot get one now. */
  closure: ClaimClosure | undefined;
  onStart: () => void;
  onCancel: () => void;
}

/** Id of the words that say what the button does besides. */
const opensTab = 'sign-in-opens-tab';

/** Every step of signing in, from the button to the approval. */
export function SignInPageView(props: SignInPageViewProps) {
  const step = props.state?.step ?? 'starting';
  useFocusHeading(step);
  return <Step {...props} />;
}

function Step({
  name,
  url,
  issuer,
  unclaimed,
  hasClaimCode,
  state,
  signedOutReason,
  obstacle,
  closure,
  onStart,
  onCancel,
}: SignInPageViewProps) {
  if (obstacle) return <InsecureConnection obstacle={obstacle} url={url} />;
  if (closure && state === undefined) return <ClaimClosed {...closure} />;
  switch (state?.step) {
    case undefined:
    case 'starting':
      return (
        <CenteredCard
          title={`Sign in to ${name}`}
          description={<InstanceAndCloud url={url} issuer={issuer} />}
        >
          {signedOutReason ? (
            <Alert
              color="yellow"
              title={
                signedOutReason.code === 'access_denied'
                  ? 'This instance belongs to someone else'
                  : 'You were signed out'
              }
              icon={<IconInfoCircle aria-hidden />}
            >
              {signedOutReason.message}
            </Alert>
          ) : null}
          {unclaimed ? (
            <Alert color="blue" title="This instance has no owner yet" icon={<IconInfoCircle aria-hidden />}>
              {hasClaimCode
                ? 'The address that you opened carries its claim code: sign in, and it is yours.'
                : 'The first to sign in with the claim code from its terminal becomes its owner.'}
            </Alert>
          ) : null}
          <Stack gap="xs">
            <Button
              size="md"
              leftSection={<IconLogin2 size={20} aria-hidden />}
              loading={state !== undefined}
              onClick={onStart}
              aria-describedby={opensTab}
            >
              Sign in
            </Button>
            <Text id={opensTab} size="sm" c="dimmed" ta="center">
              Opens the approval page in a new tab.
            </Text>
          </Stack>
        </CenteredCard>
      );
    case 'pending':
      return <PendingApproval {...state} name={name} onCancel={onCancel} />;
    case 'signed-in':
      return (
        <CenteredCard title="You are signed in">
          <Text component="output">Opening {name}…</Text>
        </CenteredCard>
      );
    case 'expired':
      return (
        <Ended title="The code has expired" message="It was not approved in time, so nothing has happened.">
          <Button onClick={onStart}>Get a new code</Button>
        </Ended>
      );
    case 'denied':
      return (
        <Ended title="You are not signed in" message={state.message}>
          <Button onClick={onStart}>Try again</Button>
        </Ended>
      );
    case 'failed':
      return (
        <Ended title="Signing in did not work" message={state.message}>
          <Button onClick={onStart}>Try again</Button>
        </Ended>
      );
  }
}

function InstanceAndCloud({ url, issuer }: { url: string; issuer: string }) {
  return (
    <>
      The instance at <strong>{url}</strong> lets in whoever its cloud <strong>{issuer}</strong> vouches for.
    </>
  );
}

function Ended({ title, message, children }: { title: string; message: string; children: ReactNode }) {
  return (
    <CenteredCard title={title}>
      <Failure message={message} />
      {children}
    </CenteredCard>
  );
}

function InsecureConnection({ obstacle, url }: { obstacle: ConnectionObstacle; url: string }) {
  const { port } = new URL(url);
  return (
    <CenteredCard
      title="Signing in needs a secure connection"
      icon={<IconLock size={36} aria-hidden />}
      description={
        obstacle === 'page'
          ? 'This page came over plain HTTP from another machine. Browsers then refuse to make the key that keeps your sign-in from being copied.'
          : `${url} is plain HTTP across a network: whoever is on the way could read everything that you see there.`
      }
    >
      <Stack gap="xs">
        <Text>
          Give the instance an <strong>https</strong> address, or bring it to this device through SSH and open
          the local end:
        </Text>
        <Text ff="monospace" size="sm">
          ssh -L {port || '8080'}:127.0.0.1:{port || '8080'} user@{new URL(url).hostname}
        </Text>
      </Stack>
    </CenteredCard>
  );
}
