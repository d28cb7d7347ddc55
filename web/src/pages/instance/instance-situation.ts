import type { PublicInstance } from '../instance-queries.ts';
import type { InstanceFailure } from './instance-failure.ts';

/** What the page of an instance has to show. */
export type InstanceSituation =
  | { kind: 'loading' }
  | { kind: 'unreachable'; message: string }
  | { kind: 'refused'; message: string }
  | { kind: 'foreign'; message: string }
  | { kind: 'unregistered'; instance: PublicInstance }
  | { kind: 'signed-out'; instance: PublicInstance }
  | { kind: 'unclaimed'; instance: PublicInstance }
  | { kind: 'claimed'; instance: PublicInstance };

interface Observation {
  /** The last public answer; kept while later ones fail, so that a short outage tears nothing down. */
  instance: PublicInstance | undefined;
  /** The failure of the latest query, if it failed. */
  failure: InstanceFailure | undefined;
  signedIn: boolean;
}

/** Judges what was observed of an instance; the first rule that fits wins. */
export function instanceSituation({ instance, failure, signedIn }: Observation): InstanceSituation {
  if (failure?.kind === 'refused') {
    // The refusal of a session that has just ended says nothing about the person who is here now.
    if (failure.code === 'access_denied') {
      return signedIn ? { kind: 'foreign', message: failure.message } : { kind: 'loading' };
    }
    return { kind: 'refused', message: failure.message };
  }
  if (instance === undefined) {
    return failure ? { kind: 'unreachable', message: failure.message } : { kind: 'loading' };
  }
  if (instance.state === 'UNREGISTERED') return { kind: 'unregistered', instance };
  if (!signedIn) return { kind: 'signed-out', instance };
  return { kind: instance.state === 'UNCLAIMED' ? 'unclaimed' : 'claimed', instance };
}
