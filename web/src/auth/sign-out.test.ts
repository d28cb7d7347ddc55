import { beforeEach, expect, it } from 'vitest';
import { json, neverAnswered, silence } from '../../test/fake-network.ts';
import { storedKeys } from '../../test/idb-keyval-in-memory.ts';
import { baseUrl, storeSession } from '../../test/sessions.ts';
import { routes, TestCloud } from '../../test/test-cloud.ts';
import { signOut } from './sign-out.ts';
import { endSession, readSession } from './token-store.ts';

let cloud: TestCloud;

beforeEach(() => {
  cloud = new TestCloud();
});

it('forgets tokens and key, and revokes the grant', async () => {
  await storeSession();
  await expect(signOut(baseUrl, cloud)).resolves.toEqual({ revoked: true });
  expect(readSession(baseUrl)).toEqual({ session: undefined, signedOutReason: undefined });
  expect(storedKeys()).toEqual([]);
  expect(cloud.requestsOf(routes.revocation).map(({ form }) => form.get('token'))).toEqual([
    'refresh-token-1',
  ]);
});

const graphql = `POST ${baseUrl}/graphql`;

it('tells the instance with the last token and its key, and the cloud only then', async () => {
  const { accessToken } = await storeSession();
  cloud.answer(graphql, json({ data: { signOut: true } }));
  await signOut(baseUrl, cloud);
  const [told] = cloud.requestsOf(graphql);
  expect(JSON.parse(told?.body ?? '')).toEqual({ query: 'mutation SignOut { signOut }' });
  expect(told?.headers.get('authorization')).toBe(`DPoP ${accessToken}`);
  expect(told?.headers.get('dpop')).toMatch(/^eyJ/);
  const order = cloud.requests.map(({ url }) => url.pathname);
  expect(order.indexOf('/graphql')).toBeLessThan(
    order.indexOf(new URL(cloud.requestsOf(routes.revocation)[0]?.url ?? '').pathname),
  );
  expect(storedKeys()).toEqual([]);
});

it.each([
  ['with a token that has expired', { accessTokenExpiresAt: Date.now() - 1 }, baseUrl],
  ['over a line that anybody can read', {}, 'http://instance.test'],
])('tells the instance nothing %s', async (_when, changes, url) => {
  await storeSession(changes, url);
  await signOut(url, cloud);
  expect(cloud.requestsOf(`POST ${url}/graphql`)).toEqual([]);
  expect(cloud.requestsOf(routes.revocation)).toHaveLength(1);
});

it('tells the cloud also when the instance does not answer', async () => {
  await storeSession();
  cloud.answer(graphql, async ({ init }) => {
    await new Promise((resolve) => init.signal?.addEventListener('abort', resolve));
    throw init.signal?.reason;
  });
  await expect(signOut(baseUrl, cloud)).resolves.toEqual({ revoked: true });
});

it('does not wait for the cloud before it forgets', async () => {
  await storeSession();
  cloud.answer(routes.metadata, neverAnswered);
  void signOut(baseUrl, cloud);
  expect(readSession(baseUrl).session).toBeUndefined();
});

it('works without the cloud, and says that nobody confirmed it', async () => {
  await storeSession();
  cloud.answer(routes.metadata, silence);
  await expect(signOut(baseUrl, cloud)).resolves.toEqual({ revoked: false });
  expect(localStorage).toHaveLength(0);
  expect(storedKeys()).toEqual([]);
});

it('leaves the sessions of other instances alone', async () => {
  await storeSession();
  await storeSession({}, 'https://other.test');
  await signOut(baseUrl, cloud);
  expect(readSession('https://other.test').session).toBeDefined();
  expect(storedKeys()).toHaveLength(1);
});

it('of somebody who is not signed in only takes the old reason away', async () => {
  endSession(baseUrl, { code: 'invalid_grant', message: 'You were signed out.' });
  await expect(signOut(baseUrl, cloud)).resolves.toEqual({ revoked: false });
  expect(readSession(baseUrl).signedOutReason).toBeUndefined();
  expect(cloud.requests).toEqual([]);
});
