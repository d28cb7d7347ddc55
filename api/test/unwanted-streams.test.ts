import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Activity } from '../src/activity/activity.ts';
import { systemClock } from '../src/clock.ts';
import { createGraphQLHandler, type GraphQLHandler } from '../src/graphql-server.ts';
import { createLogger } from '../src/logger.ts';
import type { InstanceModel } from '../src/schema/context.ts';
import { ann, somewhere } from './activity-place.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const body = JSON.stringify({ query: 'subscription { auditEntryAdded { id } }' });
const claims = {
  ...{ sub: ann.id, email: ann.email, name: ann.name, workspace: 'workspace-1', workspaceName: '' },
  ...{ clientId: 'holdfast-web', jkt: 'key-1', tokenHash: '', exp: 0 },
};

let resources: AsyncDisposableStack;
let activity: Activity;
let graphql: GraphQLHandler;

beforeEach(async () => {
  resources = new AsyncDisposableStack();
  const directory = resources.use(await temporaryDirectory());
  const fail = (error: unknown) => {
    throw error;
  };
  activity = resources.use(
    Activity.open({
      path: join(directory.path, 'instance.db'),
      clock: systemClock,
      onFailed: fail,
      onRecovered: () => undefined,
    }),
  );
  const logger = createLogger({ destination: { write: () => undefined } });
  // The subscription in question asks nothing of the instance.
  graphql = createGraphQLHandler({ instance: {} as InstanceModel, activity, logger });
});
afterEach(async () => resources.disposeAsync());

/** What a client gets, and how many follow the audit log then. */
async function ask(accept: string): Promise<{ status: number; followers: number }> {
  const server = createServer((incoming, outgoing) => {
    const request = { incoming, body, url: 'http://127.0.0.1/graphql', source: somewhere };
    void graphql(request, outgoing, { kind: 'authenticated', claims, isMember: true }).then(
      (results) =>
        results && outgoing.writeHead(299).end(() => void results[Symbol.asyncIterator]().return?.()),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { status } = await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    headers: { accept, 'content-type': 'application/json' },
  });
  const { followers } = activity.audit;
  await once(server.close(), 'close');
  return { status, followers };
}

test('a subscription is handed over to whom it may concern, and is there until they leave it', async () => {
  const { status, followers } = await ask('text/event-stream');
  expect(status).toBe(299);
  expect(followers).toBeLessThanOrEqual(1);
  expect(activity.audit.followers).toBe(0);
});

test.each(['application/json', 'application/graphql-response+json', 'multipart/mixed', 'text/html'])(
  'a client that accepts only %s leaves no listener behind',
  async (accept) => {
    expect(await ask(accept)).toEqual({ status: 406, followers: 0 });
    expect(activity.audit.followers).toBe(0);
  },
);
