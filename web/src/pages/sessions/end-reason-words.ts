import type { SessionEndReason } from '../../graphql/generated/graphql.ts';

const REASONS: Record<SessionEndReason, { title: string; why: string }> = {
  SIGNED_OUT: { title: 'Signed out', why: 'Somebody signed out in this browser.' },
  ENDED_AT_CLOUD: {
    title: 'Ended at the cloud',
    why: 'The sign-in was ended there: by a sign-out, on the security page, or because the access was taken away.',
  },
  ACCESS_REMOVED: {
    title: 'Access removed',
    why: 'The cloud has ended all that this account had open here.',
  },
  EXPIRED: { title: 'Expired', why: 'The cloud lets no sign-in become older.' },
};

/** Why a session is over, for people; a newer instance may know reasons that this page does not. */
export function endReasonWords(reason: SessionEndReason | null): { title: string; why: string | undefined } {
  return (reason && REASONS[reason]) ?? { title: 'Ended', why: undefined };
}
