import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Access } from '../src/access/authentication.ts';
import { Activity } from '../src/activity/activity.ts';
import { systemClock } from '../src/clock.ts';
import { createGraphQLHandler } from '../src/graphql-server.ts';
import { createLogger } from '../src/logger.ts';
import type { InstanceModel } from '../src/schema/context.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const member = { kind: 'authenticated', isMember: true, claims: { role: 'owner' } } as unknown as Access;
const anonymous: Access = { kind: 'anonymous' };

let resolved = 0;
const logLines: string[] = [];
/** Milliseconds of processor time that the handler took for the last request. */
let took = 0;
let access: Access = member;

/** Counts what resolvers read of the instance, and fails where one is told to. */
const model = new Proxy(
  { id: 'id', state: 'CLAIMED', version: '1', cloud: { issuer: 'x' }, notices: [], name: 'Lab' },
  {
    get(target, property) {
      resolved++;
      if (property === 'dataPath') throw new Error('the disk at /srv/secret is gone');
      return Reflect.get(target, property);
    },
  },
) as unknown as InstanceModel;

const logger = createLogger({ destination: { write: (line) => void logLines.push(line) } });
const directory = await temporaryDirectory();
const activity = Activity.open({
  path: join(directory.path, 'instance.db'),
  clock: systemClock,
  onFailed: () => undefined,
  onRecovered: () => undefined,
});
const handler = createGraphQLHandler({ instance: model, activity, logger });
const server = createServer((incoming, outgoing) => {
  void answer(incoming, outgoing);
});

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await text(incoming);
  const before = process.threadCpuUsage();
  const source = { address: undefined, userAgent: undefined };
  const url = 'http://127.0.0.1/graphql';
  const confirmChange = async () => undefined;
  await handler({ incoming, body, url, source, confirmChange }, outgoing, access);
  const { user, system } = process.threadCpuUsage(before);
  took = (user + system) / 1_000;
}

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // The first documents of a process pay for its compilation.
  for (let round = 0; round < 30; round++)
    await send(`{ instance { id name ${'state '.repeat(round * 10)} } }`);
});
afterAll(async () => {
  await once(server.close(), 'close');
  await activity[Symbol.asyncDispose]();
  await directory[Symbol.asyncDispose]();
});

async function send(query: string, further = {}) {
  resolved = 0;
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, ...further }),
  });
  return (await response.json()) as {
    data?: Record<string, unknown>;
    errors?: { message: string; extensions: { code: string; errorId?: string } }[];
  };
}

const times = (count: number, write: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => write(i));

describe('row 37: documents that cost more to answer than to send', () => {
  const attacks: [attack: string, code: string | undefined, document: string][] = [
    [
      'deep nesting through fragments',
      'query_too_deep',
      `{ ...f0 } ${times(30, (i) => `fragment f${i} on T { x { ...f${i + 1} } }`).join(' ')} fragment f30 on T { id }`,
    ],
    ['a flood of aliases', 'too_many_aliases', `{ ${times(400, (i) => `a${i}: __typename`).join(' ')} }`],
    [
      'a flood of directives',
      'too_many_directives',
      `{ instance { id ${times(200, () => '@include(if: true)').join(' ')} } }`,
    ],
    ['the same field over and over', 'too_many_fields', `{ instance { ${'id '.repeat(1_500)} } }`],
    [
      'fragments that double',
      'too_many_fields',
      `{ ...f0 } ${times(20, (i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`).join(' ')} fragment f20 on Query { __typename }`,
    ],
    [
      'fragments in a circle',
      undefined,
      '{ instance { ...a } } fragment a on Instance { id ...b } fragment b on Instance { ...a ...b }',
    ],
    [
      'a flood of fragments',
      'too_many_fragments',
      `{ instance { ${times(150, (i) => `...f${i}`).join(' ')} } } ${times(150, (i) => `fragment f${i} on Instance { id }`).join(' ')}`,
    ],
    [
      'a huge list of arguments',
      undefined,
      `{ instance(${times(490, (i) => `a${i}: 1`).join(' ')}) { id } }`,
    ],
    ['a value nested without end', undefined, `{ instance(x: ${'['.repeat(900)}${']'.repeat(900)}) { id } }`],
    [
      'a flood of operations',
      'too_many_operations',
      times(200, (i) => `query q${i} { instance { id } }`).join(' '),
    ],
    [
      'introspection that multiplies',
      undefined,
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
    ],
    ['a page of pages', 'query_too_expensive', '{ a(first: 1000) { b(first: 1000) { id } } }'],
    ['more tokens than anybody writes', 'too_many_tokens', `{ instance { ${'id '.repeat(60_000)} } }`],
  ];

  for (const [name, who] of [
    ['with a token', member],
    ['without', anonymous],
  ] as const) {
    test.each(attacks)(`${name}: %s`, async (_attack, code, document) => {
      access = who;
      const operationName = /^query (\w+)/.exec(document)?.[1];
      const { data, errors } = await send(document, { operationName });
      expect(data).toBeUndefined();
      expect(errors?.length).toBeGreaterThan(0);
      if (code !== undefined) expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
      expect(resolved).toBe(0);
      expect(took).toBeLessThan(50);
    });
  }

  test('what pages and people ask passes', async () => {
    access = member;
    expect((await send('{ instance { id state name notices { code } } }')).data?.instance).toBeDefined();
    const introspection = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    const { errors, data } = await send(introspection);
    expect(errors).toBeUndefined();
    expect(data?.__schema).toBeDefined();
  });
});

describe('row 38: an error that was not meant for the client', () => {
  test('is named by an id that the log carries, and by nothing else', async () => {
    access = member;
    const { errors } = await send('{ instance { dataPath } }');
    const { message, extensions } = errors?.[0] ?? { message: '', extensions: { code: '', errorId: '' } };
    expect(extensions).toEqual({ code: 'internal_error', errorId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(message).toContain(extensions.errorId);
    expect(JSON.stringify(errors)).not.toMatch(/secret|disk|\.ts/);
    const line = logLines.find((logged) => logged.includes(String(extensions.errorId)));
    expect(line).toContain('the disk at /srv/secret is gone');
  });
});
