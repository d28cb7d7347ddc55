import type { KeyObject } from 'node:crypto';
import type { SigningKeys } from '../src/access/token-verification.ts';

/** Keys that a cloud publishes, all of which the instance has fetched. */
export function publishedKeys(find: (kid: string) => KeyObject | undefined): SigningKeys {
  return {
    find: async (kid) => find(kid),
    findForCloud: async (kid) => find(kid),
    current: find,
    secondsUntilFetch: () => 30,
  };
}
