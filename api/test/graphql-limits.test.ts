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
  /** Where strangers are refused for another reason, that is the second code. */
  const attacks: [attack: string, codes: readonly string[], document: string][] = [
    [
      'deep nesting through fragments',
      ['query_too_deep'],
      `{ ...f0 } ${times(30, (i) => `fragment f${i} on T { x { ...f${i + 1} } }`).join(' ')} fragment f30 on T { id }`,
    ],
    [
      'a flood of aliases',
      ['too_many_aliases', 'too_many_tokens'],
      `{ ${times(400, (i) => `a${i}: __typename`).join(' ')} }`,
    ],
    [
      'a flood of directives',
      ['too_many_directives', 'too_many_tokens'],
      `{ instance { id ${times(200, () => '@include(if: true)').join(' ')} } }`,
    ],
    [
      'the same field over and over',
      ['too_many_fields', 'too_many_tokens'],
      `{ instance { ${'id '.repeat(1_500)} } }`,
    ],
    [
      'fragments that double',
      ['too_many_fields'],
      `{ ...f0 } ${times(20, (i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`).join(' ')} fragment f20 on Query { __typename }`,
    ],
    [
      'fragments in a circle',
      [],
      '{ instance { ...a } } fragment a on Instance { id ...b } fragment b on Instance { ...a ...b }',
    ],
    [
      'a flood of fragments',
      ['too_many_fragments', 'too_many_tokens'],
      `{ instance { ${times(150, (i) => `...f${i}`).join(' ')} } } ${times(150, (i) => `fragment f${i} on Instance { id }`).join(' ')}`,
    ],
    ['a huge list of arguments', [], `{ instance(${times(490, (i) => `a${i}: 1`).join(' ')}) { id } }`],
    ['a value nested without end', [], `{ instance(x: ${'['.repeat(900)}${']'.repeat(900)}) { id } }`],
    [
      'a flood of operations',
      ['too_many_operations', 'too_many_tokens'],
      times(200, (i) => `query q${i} { instance { id } }`).join(' '),
    ],
    [
      'introspection that multiplies',
      [],
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
    ],
    ['a page of pages', ['query_too_expensive'], '{ a(first: 1000) { b(first: 1000) { id } } }'],
    [
      'many pages of the usual size',
      ['query_too_expensive', 'too_many_tokens'],
      `{ ${times(14, (i) => `a${i}: auditEntries { edges { node { id at action outcome address userAgent detail actor { id name email } } } } s${i}: sessions { edges { node { id } } }`).join(' ')} }`,
    ],
    [
      'the same few fields in one place, over and over',
      ['too_many_repetitions'],
      `{ ${'instance { id } '.repeat(45)} }`,
    ],
    [
      'the same fields through fragments',
      ['too_many_repetitions'],
      `{ instance { ${times(40, (i) => `...f${i}`).join(' ')} } } ${times(40, (i) => `fragment f${i} on Instance { id }`).join(' ')}`,
    ],
    [
      'a fragment that nobody spreads',
      ['too_many_fields', 'too_many_tokens'],
      `{ instance { id } } fragment f on Query { ${'instance { id } '.repeat(450)} }`,
    ],
    [
      'fragments of one name that nobody spreads',
      ['too_many_fields', 'too_many_tokens'],
      `{ instance { ...f } } fragment f on Query { ${'instance { id } '.repeat(450)} } fragment f on Instance { id }`,
    ],
    ['fragments without a name', ['too_many_fragments'], `{ ${'... { __typename } '.repeat(60)} }`],
    [
      'fragments in every order',
      ['too_many_repetitions', 'too_many_fields'],
      `{ ...f0 } ${times(7, (i) => `fragment f${i} on Query { ${times(7, (j) => `x${j} { ...f${j} }`).join(' ')} }`).join(' ')}`,
    ],
    [
      'values within each other',
      ['query_too_deep'],
      `{ instance(x: ${'['.repeat(60)}${']'.repeat(60)}) { id } }`,
    ],
    [
      'objects within each other',
      ['query_too_deep'],
      `{ instance(x: ${'{a:'.repeat(60)}1${'}'.repeat(60)}) { id } }`,
    ],
    [
      'types within each other',
      ['query_too_deep'],
      `query ($x: ${'['.repeat(60)}Int${']'.repeat(60)}) { instance { id } }`,
    ],
    ['selections within each other', ['query_too_deep'], `{ ${'... { '.repeat(30_000)}`],
    [
      'errors at the end of many lines',
      ['too_many_lines'],
      `${'\n'.repeat(16_000)}{ ${times(90, (i) => `x${i}`).join(' ')} }`,
    ],
    ['more tokens than anybody writes', ['too_many_tokens'], `{ instance { ${'id '.repeat(60_000)} } }`],
  ];

  for (const [name, who] of [
    ['with a token', member],
    ['without', anonymous],
  ] as const) {
    test.each(attacks)(`${name}: %s`, async (_attack, codes, document) => {
      access = who;
      const operationName = /^query (\w+)/.exec(document)?.[1];
      const { data, errors } = await send(document, { operationName });
      expect(data).toBeUndefined();
      expect(errors?.length).toBeGreaterThan(0);
      const code = who === anonymous ? codes.at(-1) : codes[0];
      if (code !== undefined) expect(errors?.map(({ extensions }) => extensions.code)).toEqual([code]);
      expect(resolved).toBe(0);
      expect(took).toBeLessThan(50);
    });
  }

  const filtered =
    'query ($filter: AuditFilter) { auditEntries(filter: $filter) { pageInfo { hasNextPage } } }';
  test.each([
    ['many', Object.fromEntries(times(9_000, String).map((name) => [name, 1]))],
    ['long', { actor: 'x'.repeat(100_000), a: 1, b: 2 }],
    ['deep', JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)],
  ])('variables that errors would repeat: %s', async (_kind, filter) => {
    for (const who of [member, anonymous]) {
      access = who;
      const { errors } = await send(filtered, { variables: { filter } });
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['too_many_variables']);
      expect(JSON.stringify(errors).length).toBeLessThan(500);
      expect(took).toBeLessThan(50);
    }
  });

  test('the schema is told a few times per document', async () => {
    access = member;
    const { errors } = await send(`{ ${times(5, (i) => `a${i}: __schema { types { name } }`).join(' ')} }`);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['too_many_introspections']);
  });

  test.each([
    ['aliases', 5, (index: number) => `a${index}: id`],
    ['directives', 10, () => 'id @include(if: true)'],
  ])('without a token there may be fewer %s: %i', async (what, most, write) => {
    const withSome = (count: number) => `{ instance { ${times(count, write).join(' ')} } }`;
    access = anonymous;
    expect((await send(withSome(most))).errors).toBeUndefined();
    const { errors } = await send(withSome(most + 1));
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([`too_many_${what}`]);
    access = member;
    expect((await send(withSome(most + 1))).errors).toBeUndefined();
  });

  test('of the errors in a document a few are told', async () => {
    access = member;
    const object = `{ ${times(490, (i) => `x${i}: 1`).join(' ')} }`;
    const { errors } = await send(`{ auditEntries(filter: ${object}) { pageInfo { hasNextPage } } }`);
    expect(errors?.length).toBe(6);
    expect(JSON.stringify(errors).length).toBeLessThan(50_000);
  });

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
    // As components do that each ask for what they need.
    const parts = times(5, (i) => `fragment f${i} on Instance { id state cloud { issuer } }`);
    const together = `{ ${times(5, (i) => `instance { ...f${i} }`).join(' ')} } ${parts.join(' ')}`;
    for (const who of [member, anonymous]) {
      access = who;
      expect((await send(together)).errors).toBeUndefined();
    }
  });

  test('without a token no error says where in the document it is', async () => {
    access = anonymous;
    expect(Object.keys((await send('{ instance { nothing } }')).errors?.[0] ?? {})).not.toContain(
      'locations',
    );
    access = member;
    expect(Object.keys((await send('{ instance { nothing } }')).errors?.[0] ?? {})).toContain('locations');
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
