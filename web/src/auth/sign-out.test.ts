import { beforeEach, expect, it } from 'vitest';
import { neverAnswered, silence } from '../../test/fake-network.ts';
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
