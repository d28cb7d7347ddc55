import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'playwright/test';
import { repositoryRoot } from '../../scripts/builds.cjs';
import { TestNetwork } from '../test-network.ts';

// Both servers hand out files of the built web app, and of the disk no other. Asked as bytes: clients tidy paths up.

/** Ways to write one step up, as servers, proxies and decoders have been fooled by. */
const stepsUp = [
  ...['../', '..//', './../', '.././', '..;/', '....//', '..././', '/../', '..\\', '..\\/', '.\\..\\'],
  ...[
    '..%2f',
    '..%2F',
    '%2e%2e/',
    '%2e%2e%2f',
    '%2E%2E%2F',
    '.%2e/',
    '%2e./',
    '.%2e%2f',
    '..%5c',
    '%2e%2e%5c',
  ],
  ...[
    '%2e%2e\\',
    '..%255c',
    '..%252f',
    '%252e%252e/',
    '%252e%252e%252f',
    '%25252e%25252e%25252f',
    '..%25%32%66',
  ],
  ...['..%c0%af', '%c0%ae%c0%ae/', '%c0%ae%c0%ae%c0%af', '..%c1%9c', '..%e0%80%af', '%e0%80%ae%e0%80%ae/'],
  ...['..%f0%80%80%af', '%uff0e%uff0e/', '..%u2215', '%ef%bc%8e%ef%bc%8e/', '..%ef%bc%8f', '..%e2%88%95'],
  ...[
    '..%00/',
    '..%00%2f',
    '%00../',
    '..%0d/',
    '..%09/',
    '..%20/',
    '..%23/',
    '..%3f/',
    '\xc0\xae\xc0\xae/',
    '..\xc0\xaf',
  ],
];

const bases = ['/', '/assets/', '/assets/x/', '/instances/'];
/** Places below which a step up leads out, and how far. */
const targets = [
  { up: 1, path: 'package.json' },
  { up: 2, path: 'package.json' },
  { up: 3, path: 'package.json' },
  { up: 12, path: 'etc/passwd' },
];
const suffixes = ['', '%00.js', '%00.svg', '?x.js', '#x.svg'];

/** Targets of a request that name a file by themselves. */
function absoluteForms(files: readonly string[], host: string): string[] {
  return files.flatMap((file) => [
    ...[
      file,
      `/${file}`,
      `//${file}`,
      `/assets/${file}`,
      `/assets${file}`,
      `/assets/${encodeURIComponent(file)}`,
    ],
    ...[`file://${file}`, `/file://${file}`, `http://${host}${file}`, `http://evil.test${file}`, `/.${file}`],
    ...[
      `/assets/..%00${file}`,
      `/${encodeURIComponent(file)}`,
      `/C:${file}`,
      `/\\\\localhost${file}`,
      `/~${file}`,
    ],
    ...[
      `/assets/main.js/../../../..${file}`,
      `/instances/..${file}`,
      `/%2e${file}`,
      `/@fs${file}`,
      `/static${file}`,
    ],
  ]);
}

function relativeForms(): string[] {
  const forms = stepsUp.flatMap((step) =>
    targets.flatMap(({ up, path }) => bases.map((base) => `${base}${step.repeat(up)}${path}`)),
  );
  return forms.map((form, index) => `${form}${suffixes[index % suffixes.length]}`);
}

/** The answer to a GET for `target` as it is, byte for byte. */
async function get(url: string, target: string): Promise<{ status: number; body: Buffer }> {
  const { host, port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`, 'latin1'));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const answer = Buffer.concat(chunks);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer.subarray(0, 16).toString())?.[1]);
  return { status, body: answer.subarray(answer.indexOf('\r\n\r\n') + 4) };
}

const digest = (content: Buffer) => createHash('sha256').update(content).digest('hex');

let network: TestNetwork;
test.beforeAll(async () => {
  network = await TestNetwork.start();
});
test.afterAll(async () => network[Symbol.asyncDispose]());

for (const server of ['instance', 'cloud'] as const) {
  test(`row 44: the ${server} hands out no file but those of the web app`, async () => {
    const url = server === 'instance' ? network.instanceUrl : network.cloudUrl;
    const dist = join(repositoryRoot, 'web', 'dist');
    const own = new Set(
      readdirSync(dist, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => digest(readFileSync(join(parentPath, name)))),
    );
    const asset = readdirSync(join(dist, 'assets')).find((name) => name.endsWith('.js'));
    const good = await get(url, `/assets/${asset}`);
    expect(good.status).toBe(200);
    expect(own).toContain(digest(good.body));

    const outside = [
      ...['/etc/passwd', join(repositoryRoot, 'package.json'), network.claimCodePath],
      join(network.dataPath, server, server === 'instance' ? 'secrets.db' : 'keys.json'),
    ];
    const payloads = new Set([...relativeForms(), ...absoluteForms(outside, new URL(url).host)]);
    expect(payloads.size).toBeGreaterThan(200);
    const read: string[] = [];
    for (const payload of payloads) {
      const { status, body } = await get(url, payload);
      const isOwn = status === 200 && own.has(digest(body));
      const tells = ['root:', '"name":', 'SQLite', network.claimCode].some((text) => body.includes(text));
      const isRefused = [400, 403, 404].includes(status) && body.length < 2_048 && !tells;
      if (!isRefused && !isOwn) read.push(`${payload}: ${status} ${body.subarray(0, 80).toString()}`);
    }
    expect(read).toEqual([]);
  });
}
