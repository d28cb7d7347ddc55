import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { getOperationAST, parse } from 'graphql';
import { authenticatedFetch } from '../../auth/authenticated-fetch.ts';
import { AuthError, isAbortError } from '../../auth/errors.ts';
import { instanceSubscriptions } from '../../graphql/subscriptions.ts';
import { silence } from '../request-failure.ts';

/** Runs operations at one instance as the person who is signed in; subscriptions as event streams. */
export function playgroundFetcher(baseUrl: string): Fetcher {
  const ask = createGraphiQLFetcher({
    url: `${baseUrl}/graphql`,
    fetch: inOurWords(authenticatedFetch(baseUrl)),
  });
  const subscriptions = instanceSubscriptions(baseUrl);
  return (request, options) => {
    const { query, operationName, variables } = request;
    if (!isSubscription(query, operationName)) return ask(request, options);
    return subscriptions.iterate({ query, operationName: operationName ?? undefined, variables });
  };
}

/** The editor runs only what it could parse. */
function isSubscription(query: string, operationName: string | null | undefined): boolean {
  return getOperationAST(parse(query), operationName)?.operation === 'subscription';
}

/** The editor prints what is thrown; a browser's “Failed to fetch” says nothing of what to do. */
function inOurWords(inner: typeof fetch): typeof fetch {
  return async (input, init) => {
    try {
      return await inner(input, init);
    } catch (error) {
      if (error instanceof AuthError || isAbortError(error)) throw error;
      throw new Error(silence, { cause: error });
    }
  };
}
