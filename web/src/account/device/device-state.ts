import type { DeviceRequest } from '../api/device.ts';
import type { DeviceProblem } from './device-problem.ts';

/** What the device page shows; exactly one at a time. */
export type DeviceState =
  | {
      step: 'enter-code';
      /** The code that was mistyped, or nothing. */
      userCode: string;
      submitting: boolean;
      problem: DeviceProblem | undefined;
    }
  | { step: 'looking-up' }
  | {
      step: 'review';
      request: DeviceRequest;
      /** The page that began the login has proven that it did, in this browser. */
      bound: boolean;
      /** Proposal for the name of an unclaimed instance. */
      suggestedName: string;
      deciding: 'approve' | 'deny' | undefined;
      /** Why the last decision did not arrive; it can be sent again. */
      problem: DeviceProblem | undefined;
    }
  | {
      /** Somebody else's instance: there is nothing to approve. */
      step: 'foreign';
      request: DeviceRequest;
      denying: boolean;
      problem: DeviceProblem | undefined;
    }
  | { step: 'approved'; instanceName: string | undefined }
  | { step: 'denied' }
  | { step: 'stopped'; problem: DeviceProblem };

/** What goes along with an approval. */
export interface Approval {
  /** For an unclaimed instance only. */
  instanceName?: string;
  /** Unless the login is bound. */
  matchCode?: string;
}

/** What a person can do on the device page. */
export interface DeviceActions {
  onSubmitCode: (userCode: string) => void;
  onApprove: (approval: Approval) => void;
  onDeny: () => void;
  /** The countdown has ended: ask the cloud, whose clock decides. */
  onExpire: () => void;
  onRetry: () => void;
  /** Forgets this code and asks for another. */
  onStartOver: () => void;
  onUseAnotherAccount: () => void;
  onSignInAgain: () => void;
}
