import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type AuthenticationOptions, mayStay } from '../src/access/authentication.ts';
import { ChangeConfirmation } from '../src/access/change-confirmation.ts';
import { DpopVerifier } from '../src/access/dpop.ts';
import { ReplayStore } from '../src/access/replay-store.ts';
import { systemClock } from '../src/clock.ts';
import { EventStreams } from '../src/http/event-streams.ts';
import { RequestLimits } from '../src/http/request-limits.ts';
import { createRequestListener } from '../src/http-server.ts';
import { createLogger } from '../src/logger.ts';
import { temporaryDirectory } from './temporary-directory.ts';

// What nobody expected is one line in the log, under an id that the client gets; what a client does is none of ours.

let resources: AsyncDisposableStack;
let lines: { level: number; msg: string; errorId?: string; err?: { message?: string } }[];
let url: string;
let answerGraphQL: () => Promise<undefined>;

beforeEach(async () => {
  resources = new AsyncDisposableStack();
  lines = [];
  const { path: webApp } = resources.use(await temporaryDirectory());
  await mkdir(join(webApp, 'assets'));
  await writeFile(join(webApp, 'index.html'), 'a page');
  const authentication: AuthenticationOptions = {
    tokens: () => undefined,
    proofs: new DpopVerifier(new ReplayStore(), Date.now),
    ownerWorkspace: () => undefined,
    isForgotten: () => false,
    hasEnded: () => false,
  };
  const clientAddressOf = () => '127.0.0.1';
  const server = createServer((...request) => listener(...request)).listen(0, '127.0.0.1');
  resources.defer(() => void server.close());
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const listener: RequestListener = createRequestListener({
    url,
    originOf: () => url,
    clientAddressOf,
    protectedResource: () => undefined,
    webApp,
    logger: createLogger({
      level: 'debug',
      destination: { write: (line) => void lines.push(JSON.parse(line)) },
    }),
    origins: { allowedOrigins: [], allowLoopback: true },
    authentication,
    confirmation: new ChangeConfirmation({ isActive: async () => true, now: Date.now }),
    limits: new RequestLimits({ clientAddressOf, authentication, now: Date.now }),
    graphql: async () => answerGraphQL(),
    streams: resources.use(new EventStreams(systemClock, (access) => mayStay(access, authentication))),
    observer: { noteUse: () => undefined, noteRefusal: () => undefined },
  });
});
afterEach(async () => resources.disposeAsync());

const post: RequestInit = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"query":"{ __typename }"}',
};
const failed = () => lines.filter(({ msg }) => msg === 'a request failed');

test('an unexpected failure is an error in the log, and its client gets the id', async () => {
  answerGraphQL = async () => {
    throw new Error('no such thing was foreseen');
  };
  const response = await fetch(`${url}/graphql`, post);
  expect(response.status).toBe(500);
  const { errors } = (await response.json()) as {
    errors: [{ message: string; extensions: { errorId: string } }];
  };
  expect(errors[0].message).not.toContain('foreseen');
  expect(failed()).toMatchObject([
    { level: 50, errorId: errors[0].extensions.errorId, err: { message: 'no such thing was foreseen' } },
  ]);
});

test('a failure for a client that has hung up is none of ours', async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: gone, resolve: go } = Promise.withResolvers<void>();
  answerGraphQL = async () => {
    ask();
    await gone;
    throw new Error('the line is dead');
  };
  const { host, port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
  );
  await asked;
  socket.destroy();
  await vi.waitFor(() => expect(lines.some(({ msg }) => msg === 'answered')).toBe(true));
  go();
  await vi.waitFor(() => expect(failed()).toMatchObject([{ level: 20 }]));
});
