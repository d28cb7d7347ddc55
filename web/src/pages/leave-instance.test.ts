import { beforeEach, expect, it, vi } from 'vitest';
import { InstanceServer } from '../../test/instance-server.ts';
import { baseUrl, storeSession } from '../../test/sessions.ts';
import { routes } from '../../test/test-cloud.ts';
import { readSession } from '../auth/token-store.ts';
import { leaveInstance } from './leave-instance.ts';
import { playgroundStorage } from './playground/playground-storage.ts';

const other = 'https://other.test';
let server: InstanceServer;

beforeEach(async () => {
  server = new InstanceServer();
  vi.stubGlobal('fetch', server.fetch);
  await storeSession();
  await storeSession({}, other);
  playgroundStorage(baseUrl).setItem('graphiql:queries', '{ secret }');
  playgroundStorage(other).setItem('graphiql:queries', '{ other }');
});

it('signs out, at the cloud too', async () => {
  await leaveInstance(baseUrl);
  expect(readSession(baseUrl)).toEqual({ session: undefined, signedOutReason: undefined });
  expect(server.requestsOf(routes.revocation)).toHaveLength(1);
});

it('forgets what the playground of that instance kept, at once, and of no other', async () => {
  const done = leaveInstance(baseUrl);
  expect(playgroundStorage(baseUrl)).toHaveLength(0);
  expect(playgroundStorage(other).getItem('graphiql:queries')).toBe('{ other }');
  await done;
});

it('lets an editor that is still open bring nothing back', async () => {
  const editor = playgroundStorage(baseUrl);
  const done = leaveInstance(baseUrl);
  editor.setItem('graphiql:tabState', '{ secret }');
  expect(editor).toHaveLength(0);
  await done;
});
