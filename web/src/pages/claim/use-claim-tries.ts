import { useCallback, useEffect, useState } from 'react';
import { useQuery } from 'urql';
import { graphql } from '../../graphql/generated/gql.ts';
import type { PublicInstance } from '../instance-queries.ts';

const ClaimTriesDocument = graphql(`
  query ClaimTries {
    viewer {
      id
      claimTriesLeft
    }
  }
`);

/** What an instance said about the claim codes of the signed-in workspace; another object after each answer. */
export interface ClaimTries {
  /** How many more wrong ones are judged; undefined when an older instance does not say. */
  left: number | undefined;
}

/**
 * Asks how many tries are left, and asks again with each new answer about the instance itself, so that a restart is
 * noticed. `tries` is undefined until the first answer, and stays what it was while later ones fail.
 */
export function useClaimTries(instance: PublicInstance): {
  tries: ClaimTries | undefined;
  refetch: () => void;
} {
  const [{ data, error }, execute] = useQuery({ query: ClaimTriesDocument, requestPolicy: 'network-only' });
  const [answer, setAnswer] = useState(data);
  const [tries, setTries] = useState<ClaimTries>();
  if (data && data !== answer) {
    setAnswer(data);
    setTries({ left: data.viewer.claimTriesLeft ?? undefined });
  }
  if (error && tries === undefined) setTries({ left: undefined });

  const refetch = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a restart may be behind whatever the instance says anew
  useEffect(refetch, [instance, refetch]);
  return { tries, refetch };
}
