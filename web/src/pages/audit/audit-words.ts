import {
  IconAlertTriangle,
  IconCopy,
  IconFlag,
  IconForbid2,
  IconKeyOff,
  IconLock,
  IconLogin2,
  IconLogout2,
  IconPencil,
  IconPlayerPlay,
  IconPlayerStop,
  IconQuestionMark,
  IconRestore,
  IconUserOff,
} from '@tabler/icons-react';
import type { AuditAction, AuditOutcome } from '../../graphql/generated/graphql.ts';

interface ActionWords {
  title: string;
  Icon: typeof IconFlag;
}

const ACTIONS: Record<AuditAction, ActionWords> = {
  SIGNED_IN: { title: 'Signed in', Icon: IconLogin2 },
  SIGNED_OUT: { title: 'Signed out', Icon: IconLogout2 },
  SESSION_ENDED: { title: 'Session ended', Icon: IconUserOff },
  ACCESS_REFUSED: { title: 'Access refused', Icon: IconForbid2 },
  INSTANCE_RENAMED: { title: 'Instance renamed', Icon: IconPencil },
  INSTANCE_STARTED: { title: 'Instance started', Icon: IconPlayerPlay },
  INSTANCE_STOPPED: { title: 'Instance stopped', Icon: IconPlayerStop },
  CLAIMED: { title: 'Instance claimed', Icon: IconFlag },
  CLAIM_CODE_REFUSED: { title: 'Wrong claim code', Icon: IconKeyOff },
  CLAIM_LOCKED: { title: 'Claiming locked for a workspace', Icon: IconLock },
  CREDENTIALS_RESET: { title: 'Credentials reset', Icon: IconRestore },
  OTHER_COPY_SEEN: { title: 'Another copy seen', Icon: IconCopy },
  ENTRIES_LOST: { title: 'Entries lost', Icon: IconAlertTriangle },
};

const OUTCOMES: Record<AuditOutcome, { title: string; color: 'green' | 'yellow' | 'red' }> = {
  SUCCEEDED: { title: 'Succeeded', color: 'green' },
  REFUSED: { title: 'Refused', color: 'yellow' },
  FAILED: { title: 'Failed', color: 'red' },
};

/** All actions and outcomes that a person may choose from. */
export const auditActions = Object.keys(ACTIONS) as AuditAction[];
export const auditOutcomes = Object.keys(OUTCOMES) as AuditOutcome[];

/** What happened, for people; a newer instance may know actions that this page does not. */
export function actionWords(action: AuditAction): ActionWords {
  return ACTIONS[action] ?? { title: action.toLowerCase().replaceAll('_', ' '), Icon: IconQuestionMark };
}

/** How it went, for people. */
export function outcomeWords(outcome: AuditOutcome): (typeof OUTCOMES)[AuditOutcome] {
  return OUTCOMES[outcome] ?? { title: outcome.toLowerCase(), color: 'yellow' };
}
