import { gql } from 'urql';
import { beforeEach, expect, it, vi } from 'vitest';
import { json } from '../../test/fake-network.ts';
import { baseUrl, storeSession } from '../../test/sessions.ts';
import { TestCloud } from '../../test/test-cloud.ts';
import { endSession } from '../auth/token-store.ts';
import { instanceClient } from './client.ts';

const route = `POST ${baseUrl}/graphql`;
const query = gql('query Secret { secret }');
let network: TestCloud;

beforeEach(() => {
  network = new TestCloud();
  network.answer(route, json({ data: { secret: 'of Ada' } }));
  vi.stubGlobal('fetch', network.fetch);
});

const ask = () => instanceClient(baseUrl).query(query, {}, { requestPolicy: 'cache-only' }).toPromise();

it('is one per instance and sign-in', async () => {
  expect(instanceClient(baseUrl)).toBe(instanceClient(baseUrl));
  expect(instanceClient(baseUrl)).not.toBe(instanceClient('https://other.test'));
});

it('is the same after a renewal, so that no page loses what it shows', async () => {
  const { dpopKeyId } = await storeSession();
  const client = instanceClient(baseUrl);
  await storeSession({ dpopKeyId, accessToken: 'access-token-2' });
  expect(instanceClient(baseUrl)).toBe(client);
});

it('gives nobody the cached answers of somebody else', async () => {
  await storeSession();
  await instanceClient(baseUrl).query(query, {}, { requestPolicy: 'network-only' }).toPromise();
  await expect(ask()).resolves.toMatchObject({ data: { secret: 'of Ada' } });
  endSession(baseUrl);
  expect((await ask()).data ?? undefined).toBeUndefined();
  await storeSession();
  expect((await ask()).data ?? undefined).toBeUndefined();
});

it('sends the token of whoever is signed in, by POST', async () => {
  await storeSession();
  await instanceClient(baseUrl).query(query, {}, { requestPolicy: 'network-only' }).toPromise();
  expect(network.requestsOf(route).map(({ headers }) => headers.get('authorization'))).toEqual([
    'DPoP access-token-1',
  ]);
});
