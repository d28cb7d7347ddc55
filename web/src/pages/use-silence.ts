import { useEffect, useEffectEvent, useRef } from 'react';
import { type CombinedError, useQuery } from 'urql';
import { PublicInstanceDocument } from './instance-queries.ts';
import { isSilence, requestFailure } from './request-failure.ts';

interface Silence {
  /** The instance has stopped answering, which a banner above the page says. */
  isSilent: boolean;
  /** Why the page lacks its latest answer, where the banner does not say it. */
  failure: string | undefined;
}

/**
 * Tells a query that failed by itself from an instance that answers nothing at all, and asks again as soon as that
 * answers.
 *
 * @param error of the page's latest query
 * @param retry asks that query again
 */
export function useSilence(error: CombinedError | undefined, retry: () => void): Silence {
  const [publicPart, askAgain] = useQuery({ query: PublicInstanceDocument });
  const isSilent = isSilence(publicPart.error);
  useWhenBack(isSilent, () => {
    if (error) retry();
  });

  useEffect(() => {
    if (isSilence(error)) askAgain({ requestPolicy: 'network-only' });
  }, [error, askAgain]);

  return { isSilent, failure: !error || (isSilent && isSilence(error)) ? undefined : requestFailure(error) };
}

/** Does something whenever an instance that was silent answers again. */
export function useWhenBack(isSilent: boolean, comeBack: () => void): void {
  const wasSilent = useRef(isSilent);
  const onBack = useEffectEvent(comeBack);
  useEffect(() => {
    if (wasSilent.current && !isSilent) onBack();
    wasSilent.current = isSilent;
  }, [isSilent]);
}

/** Whether the instance behind the urql client does not answer, as whoever asks it again and again found out last. */
export function useIsSilent(): boolean {
  const [{ error }] = useQuery({ query: PublicInstanceDocument });
  return isSilence(error);
}
