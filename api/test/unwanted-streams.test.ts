import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
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
  ...{
    sub: ann.id,
    email: ann.email,
    name: ann.name,
    workspace: 'workspace-1',
    workspaceName: '',
    role: 'owner' as const,
  },
  ...{ clientId: 'holdfast-web', jkt: 'key-1', tokenHash: '', grantId: undefined, iat: 0, exp: 0 },
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

/** What a client gets, and how many follow the audit log while results are held for it, and then. */
async function ask(accept: string): Promise<{ status: number; held: number; left: number }> {
  let held = 0;
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const url = 'http://127.0.0.1/graphql';
    const confirmChange = async () => undefined;
    const request = { incoming, body, url, source: somewhere, confirmChange };
    const results = await graphql(request, outgoing, { kind: 'authenticated', claims, isMember: true });
    held = activity.audit.followers;
    await results?.[Symbol.asyncIterator]().return?.();
    if (results) outgoing.writeHead(299).end();
  };
  const server = createServer((incoming, outgoing) => void answer(incoming, outgoing)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { status } = await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    headers: { accept, 'content-type': 'application/json' },
  });
  await once(server.close(), 'close');
  return { status, held, left: activity.audit.followers };
}

test('a subscription is handed over to whom it may concern, and is there until they leave it', async () => {
  expect(await ask('text/event-stream')).toEqual({ status: 299, held: 1, left: 0 });
});

test.each(['application/json', 'application/graphql-response+json', 'multipart/mixed', 'text/html'])(
  'a client that accepts only %s leaves no listener behind',
  async (accept) => {
    expect(await ask(accept)).toEqual({ status: 406, held: 0, left: 0 });
  },
);
