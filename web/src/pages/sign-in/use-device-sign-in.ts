import { useCallback, useEffect, useRef, useState } from 'react';
import { type SignInState, type SignInTarget, signIn } from '../../auth/sign-in.ts';
import { WaitingPage } from '../../auth/waiting-page.ts';

interface DeviceSignIn {
  /** Undefined before the first start and after a cancel. */
  state: SignInState | undefined;
  /** Starts over, with a new code and an approval page, while a click is handled. */
  start: () => void;
  cancel: () => void;
}

/** One device authorization (RFC 8628) at a time, given up when the component leaves the page. */
export function useDeviceSignIn({ baseUrl, issuer, clientId, resource }: SignInTarget): DeviceSignIn {
  const [state, setState] = useState<SignInState>();
  const running = useRef<AbortController>(undefined);

  useEffect(() => () => running.current?.abort(), []);

  const start = useCallback(() => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setState({ step: 'starting' });
    const report = (next: SignInState) => {
      if (!controller.signal.aborted) setState(next);
    };
    signIn(
      { baseUrl, issuer, clientId, resource },
      { onState: report, signal: controller.signal, waitingPage: WaitingPage.open() },
    ).then(report, (error: unknown) =>
      report({ step: 'failed', code: 'unexpected', message: unexpectedFailure(error) }),
    );
  }, [baseUrl, issuer, clientId, resource]);

  const cancel = useCallback(() => {
    running.current?.abort();
    setState(undefined);
  }, []);

  return { state, start, cancel };
}

function unexpectedFailure(error: unknown): string {
  const reason = error instanceof Error ? error.message : 'The reason is not known.';
  return `Signing in stopped for a reason that this page does not know: ${reason} Try again.`;
}
