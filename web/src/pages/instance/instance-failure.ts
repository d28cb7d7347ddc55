import type { CombinedError } from 'urql';
import { requestFailure } from '../request-failure.ts';

/**
 * Why the instance did not answer a query: `refused` carries the stable code of its answer, `unreachable` means
 * that no GraphQL answer arrived.
 */
export type InstanceFailure =
  | { kind: 'refused'; code: string | undefined; message: string }
  | { kind: 'unreachable'; message: string };

/** Sorts an urql error by what it means to a person; the words of the instance are kept. */
export function instanceFailure(error: CombinedError): InstanceFailure {
  const [first] = error.graphQLErrors;
  if (first !== undefined) {
    const code = first.extensions.code;
    return { kind: 'refused', code: typeof code === 'string' ? code : undefined, message: first.message };
  }
  return { kind: 'unreachable', message: requestFailure(error) };
}
