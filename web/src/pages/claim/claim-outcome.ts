import type { CombinedError } from 'urql';
import type { ClaimInstanceMutation } from '../../graphql/generated/graphql.ts';
import { requestFailure } from '../request-failure.ts';

/** How the last try to claim ended, or that it is still under way. */
export type ClaimOutcome =
  | { kind: 'asking' }
  | { kind: 'claiming' }
  | { kind: 'claimed' }
  | { kind: 'wrong-code'; code: string; message: string }
  /** The code came with the address of an earlier start. */
  | { kind: 'outdated'; message: string }
  | { kind: 'locked'; message: string }
  | { kind: 'window-closed'; message: string }
  | { kind: 'already-claimed'; message: string }
  /** Nothing was decided: the same code can be sent again. */
  | { kind: 'not-decided'; message: string };

/** Turns the instance's answer to `claimInstance(code)` into what the page shows. */
export function claimOutcome(
  code: string,
  data: ClaimInstanceMutation | undefined,
  error: CombinedError | undefined,
): ClaimOutcome {
  const result = data?.claimInstance;
  switch (result?.__typename) {
    case 'InstanceClaimed':
      return { kind: 'claimed' };
    case 'WrongClaimCode':
      return result.triesLeft > 0
        ? { kind: 'wrong-code', code, message: result.message }
        : { kind: 'locked', message: result.message };
    case 'OutdatedClaimCode':
      return { kind: 'outdated', message: result.message };
    case 'ClaimLocked':
      return { kind: 'locked', message: result.message };
    case 'ClaimWindowClosed':
      return { kind: 'window-closed', message: result.message };
    case 'AlreadyClaimed':
      return { kind: 'already-claimed', message: result.message };
    case 'CloudUnavailable':
      return { kind: 'not-decided', message: result.message };
    case undefined:
      return { kind: 'not-decided', message: requestFailure(error) };
  }
}
