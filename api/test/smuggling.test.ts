import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendBytes } from './raw-socket.ts';
import { TestCloud } from './test-cloud.ts';
import { TestInstance } from './test-instance.ts';

// A proxy and the instance must agree where a request ends: what could be read in two ways is answered once, with 400,
// and whatever follows it on the line is not read at all.

let cloud: TestCloud;
let instance: TestInstance;

beforeAll(async () => {
  cloud = await TestCloud.start();
  instance = await TestInstance.start(cloud);
});
afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await cloud[Symbol.asyncDispose]();
});

const body = '{"query":"{ instance { state } }"}';

/** Header lines of a POST that are wrong, with what follows the head. */
const vectors: [lines: string, rest: string][] = [
  ...[
    'Content-Length: 5\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nContent-Length: 5',
    'Content-Length: 0\r\nTransfer-Encoding: chunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: identity, gzip',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding\t: chunked',
    ' Transfer-Encoding: chunked',
    'Transfer-Encoding:\x0bchunked',
    'Transfer-Encoding: chunked\x00',
    'Transfer_Encoding\x00: chunked',
  ].map((lines): [string, string] => [lines, '0\r\n\r\n']),
  ...[
    'Content-Length: 34\r\nContent-Length: 35',
    'Content-Length: 34\r\nContent-Length: 34',
    'Content-Length: 34, 35',
    'Content-Length: 34, 34',
    'Content-Length: -1',
    'Content-Length: 0x22',
    'Content-Length: 3 4',
    'Content-Length: 34;',
    'Content-Length: 99999999999999999999',
    'Content-Length : 34',
    'Content-Length:\x0b34',
    'Content-Length: 34\r\nX: a\r\n b',
    'Content-Length: 34\r\nX: a\r\n\tb: c',
    'Content-Length: 34\r\nX-A: a\nX-B: b',
    'Content-Length: 34\nX: a',
    'Content-Length: 34\r\nX: a\rX-B: b',
    'Content-Length: 34\r\nX: a\x00b',
    'Content-Length: 34\r\nX\x00: a',
    'Content-Length: 34\r\n: a',
    'Content-Length: 34\r\nno colon',
    'Content-Length: 34\r\nX (y): a',
  ].map((lines): [string, string] => [lines, body]),
  // Chunks whose end depends on who reads.
  ['Transfer-Encoding: chunked', `0x22\r\n${body}\r\n0\r\n\r\n`],
  ['Transfer-Encoding: chunked', `-22\r\n${body}\r\n0\r\n\r\n`],
  ['Transfer-Encoding: chunked', `22\n${body}\r\n0\r\n\r\n`],
  ['Transfer-Encoding: chunked', `22 \r\n${body}\r\n0\r\n\r\n`],
  ['Transfer-Encoding: chunked', `22;a=\n\r\n${body}\r\n0\r\n\r\n`],
  ['Transfer-Encoding: chunked', `22\r\n${body}xx0\r\n\r\n`],
  ['Transfer-Encoding: chunked', `ffffffffffffffffff\r\n${body}\r\n0\r\n\r\n`],
];

describe('row 42: requests that two servers could read differently', () => {
  const send = async (lines: string, rest: string) => {
    const { host, port } = new URL(instance.url);
    const head = `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${lines}\r\n\r\n`;
    const smuggled = `GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    return sendBytes(Number(port), head + rest + smuggled);
  };

  test('a request with the right length or in the right chunks is answered, and so is the next', async () => {
    for (const [lines, rest] of [
      [`Content-Length: ${body.length}`, body],
      ['Transfer-Encoding: chunked', `22\r\n${body}\r\n0\r\n\r\n`],
    ] as const)
      expect((await send(lines, rest)).match(/HTTP\/1\.1 200/g), lines).toHaveLength(2);
  });

  test.each(vectors)('%j then %j', async (lines, rest) => {
    const answer = await send(lines, rest);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(answer).not.toContain('"status":"ok"');
  });
});
