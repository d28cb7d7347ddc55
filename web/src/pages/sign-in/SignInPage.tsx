import type { SignedOutReason } from '../../auth/token-store.ts';
import { rememberedClaimCode } from '../../instances/claim-code-from-fragment.ts';
import { claimClosure } from '../claim/claim-closure.ts';
import type { PublicInstance } from '../instance-queries.ts';
import { SignInPageView } from './SignInPageView.tsx';
import { connectionObstacle } from './secure-connection.ts';
import { useDeviceSignIn } from './use-device-sign-in.ts';

interface SignInPageProps {
  baseUrl: string;
  name: string;
  /** Registered, so that it has a resource to ask tokens for. */
  instance: PublicInstance;
  signedOutReason: SignedOutReason | undefined;
}

/** Signs a person in to one instance by device authorization at its cloud. */
export function SignInPage({ baseUrl, name, instance, signedOutReason }: SignInPageProps) {
  const { issuer, clientId } = instance.cloud;
  const { state, start, cancel } = useDeviceSignIn({
    baseUrl,
    issuer,
    clientId,
    resource: instance.resource ?? '',
  });
  return (
    <SignInPageView
      name={name}
      url={baseUrl}
      issuer={issuer}
      unclaimed={instance.state === 'UNCLAIMED'}
      hasClaimCode={rememberedClaimCode(baseUrl) !== undefined}
      state={state}
      signedOutReason={signedOutReason}
      obstacle={connectionObstacle(baseUrl, window.isSecureContext)}
      closure={
        instance.state === 'UNCLAIMED'
          ? claimClosure({ outcome: { kind: 'asking' }, notices: instance.notices, tries: undefined })
          : undefined
      }
      onStart={start}
      onCancel={cancel}
    />
  );
}
