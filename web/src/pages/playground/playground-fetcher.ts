import { createGraphiQLFetcher, type Fetcher } from '@graphiql/toolkit';
import { getOperationAST, parse } from 'graphql';
import { authenticatedFetch } from '../../auth/authenticated-fetch.ts';
import { instanceSubscriptions } from '../../graphql/subscriptions.ts';

/** Runs operations at one instance as the person who is signed in; subscriptions as event streams. */
export function playgroundFetcher(baseUrl: string): Fetcher {
  const ask = createGraphiQLFetcher({ url: `${baseUrl}/graphql`, fetch: authenticatedFetch(baseUrl) });
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
