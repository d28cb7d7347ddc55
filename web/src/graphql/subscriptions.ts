import type { ExecutionResult } from 'graphql';
import { type Client, createClient } from 'graphql-sse';
import type { subscriptionExchange } from 'urql';
import { authenticatedFetch } from '../auth/authenticated-fetch.ts';
import { noticingDeadLines } from './dead-lines.ts';

type Forward = Parameters<typeof subscriptionExchange>[0]['forwardSubscription'];
type Request = Parameters<Client['subscribe']>[0];

const firstPauseMilliseconds = 500;
const longestPauseMilliseconds = 30_000;

/**
 * How instances end streams on their own account. Whoever subscribes again gets another stream, or a refusal that tells
 * `authenticatedFetch` to end the session.
 */
const endings = new Set<unknown>(['token_expired', 'access_denied', 'stopping']);

/** What hears of the results of a subscription. */
interface Sink {
  next(result: ExecutionResult): void;
  error(reason: unknown): void;
  complete(): void;
}

/**
 * The subscriptions of one instance, over Server-Sent Events. Each goes on until it is left: after a dropped line or the
 * end of its token it begins anew, with a fresh token and proof, and hears of the present state first.
 */
export function instanceSubscriptions(baseUrl: string): Client {
  return createClient({
    url: `${baseUrl}/graphql`,
    fetchFn: noticingDeadLines(authenticatedFetch(baseUrl)),
    retryAttempts: Number.POSITIVE_INFINITY,
    retry: pause,
  });
}

/** Hands subscriptions of urql over to `client`. */
export function forwardTo(client: Client): Forward {
  return ({ query, variables }) => ({
    subscribe: (sink) => ({
      unsubscribe: subscribeForGood(client, { query: query ?? '', variables: { ...variables } }, sink),
    }),
  });
}

/** Subscribes again and again. Returns how to stop. */
function subscribeForGood(client: Client, request: Request, sink: Sink): () => void {
  let isLeft = false;
  let leave: () => void = () => undefined;
  const subscribe = () => {
    let isEnded = false;
    leave = client.subscribe(request, {
      next(result: ExecutionResult) {
        isEnded = result.errors?.some(({ extensions }) => endings.has(extensions?.code)) ?? false;
        if (!isEnded) sink.next(result);
      },
      error: (reason) => sink.error(reason),
      complete() {
        if (isLeft) return;
        if (isEnded) void pause(0).then(() => isLeft || subscribe());
        else sink.complete();
      },
    });
  };
  subscribe();
  return () => {
    isLeft = true;
    leave();
  };
}

/** Waits longer after each failure, and never as long as others who failed at the same moment. */
async function pause(failures: number): Promise<void> {
  const longest = Math.min(firstPauseMilliseconds * 2 ** failures, longestPauseMilliseconds);
  await new Promise((resolve) => setTimeout(resolve, longest * (0.5 + Math.random() / 2)));
}
