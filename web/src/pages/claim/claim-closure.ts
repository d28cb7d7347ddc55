import type { PublicInstance } from '../instance-queries.ts';
import type { ClaimOutcome } from './claim-outcome.ts';
import type { ClaimTries } from './use-claim-tries.ts';

/** Why the instance judges no code now. */
export interface ClaimClosure {
  kind: 'locked' | 'window-closed';
  message: string;
  /** The instance says so each time it is asked, so that its restart is noticed by asking. */
  endIsNoticed: boolean;
}

interface Observation {
  outcome: ClaimOutcome;
  notices: PublicInstance['notices'];
  tries: ClaimTries | undefined;
}

const noTriesLeft =
  'Too many of the claim codes that you entered were wrong, so that even the right one is refused now. Restart the instance: it prints a new code.';

/** Whether the instance judges codes, from what it says about itself, about this workspace and to the last code. */
export function claimClosure({ outcome, notices, tries }: Observation): ClaimClosure | undefined {
  const said = (code: PublicInstance['notices'][number]['code']) =>
    notices.find((notice) => notice.code === code)?.message;
  const answered = (kind: ClaimClosure['kind']) => (outcome.kind === kind ? outcome.message : undefined);

  const locked = said('CLAIM_LOCKED');
  const noneLeft = tries?.left === 0;
  if (locked !== undefined || noneLeft || outcome.kind === 'locked') {
    const message = locked ?? answered('locked') ?? noTriesLeft;
    return { kind: 'locked', message, endIsNoticed: locked !== undefined || noneLeft };
  }
  const over = said('CLAIM_WINDOW_CLOSED');
  const message = over ?? answered('window-closed');
  return message === undefined
    ? undefined
    : { kind: 'window-closed', message, endIsNoticed: over !== undefined };
}
