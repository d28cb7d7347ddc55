import { Client, cacheExchange, fetchExchange, subscriptionExchange } from 'urql';
import { authenticatedFetch } from '../auth/authenticated-fetch.ts';
import { readSession } from '../auth/token-store.ts';
import { lastAnswersExchange } from './last-answers.ts';
import { forwardTo, instanceSubscriptions } from './subscriptions.ts';

const clients = new Map<string, { client: Client; dpopKeyId: string | undefined }>();

/**
 * The GraphQL client of one instance; it sends the person's token when somebody is signed in. A new sign-in or a
 * sign-out makes a new client, so that no cached answer outlives the person it was given to.
 */
export function instanceClient(baseUrl: string): Client {
  // Each sign-in creates a DPoP key, so its id names the sign-in.
  const dpopKeyId = readSession(baseUrl).session?.dpopKeyId;
  const known = clients.get(baseUrl);
  if (known && known.dpopKeyId === dpopKeyId) return known.client;
  const client = new Client({
    url: `${baseUrl}/graphql`,
    exchanges: [
      cacheExchange,
      lastAnswersExchange(),
      subscriptionExchange({ forwardSubscription: forwardTo(instanceSubscriptions(baseUrl)) }),
      fetchExchange,
    ],
    fetch: authenticatedFetch(baseUrl),
    // Instances answer POST only.
    preferGetMethod: false,
    requestPolicy: 'cache-and-network',
  });
  clients.set(baseUrl, { client, dpopKeyId });
  return client;
}
