import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { examineCloud } from './cloud.ts';

const issuer = 'https://cloud.test';
const now = Date.parse('2026-11-23T12:00:00Z');

const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const keys = () => Response.json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: '1' }] });

async function examine(
  answer: () => Promise<Response> | Response,
  { at = issuer, answerWithKeys = keys } = {},
) {
  return examineCloud(at, {
    fetch: async (url) => (url === `${issuer}/jwks` ? answerWithKeys() : answer()),
    now: () => now,
  });
}

/** What `fetch` says when nothing listens. */
async function refusal(): Promise<Response> {
  const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  throw new TypeError('fetch failed', { cause });
}

function metadata(date = new Date(now)): Response {
  const endpoints = ['token', 'registration', 'device_authorization'].map((name) => [
    `${name}_endpoint`,
    `${issuer}/${name}`,
  ]);
  return Response.json(
    { issuer, jwks_uri: `${issuer}/jwks`, ...Object.fromEntries(endpoints) },
    { headers: { date: date.toUTCString() } },
  );
}

test('a cloud that answers, with a clock that agrees', async () => {
  expect(await examine(() => metadata(new Date(now - 3_000)))).toEqual([
    { check: 'Cloud', verdict: 'ok', message: `${issuer} answers.` },
    { check: 'Clock', verdict: 'ok', message: 'It agrees with that of the cloud, within 3 s.' },
  ]);
});

test('a clock that is off, by how much and what to do', async () => {
  const [, clock] = await examine(() => metadata(new Date(now + 120_000)));
  expect(clock).toEqual({
    check: 'Clock',
    verdict: 'problem',
    message:
      'The clock of the cloud is 120 seconds ahead of the clock of the instance; at most 60 are accepted.',
    remedy: 'Set both clocks by the internet time, then try again.',
  });
});

test.each([
  ['nonsense for its keys', () => Response.json({ keys: 7 }), 'its signing keys cannot be read'],
  ['no key', () => Response.json({ keys: [] }), 'it publishes no signing key'],
])('a cloud that publishes %s', async (_what, answerWithKeys, reason) => {
  const [finding] = await examine(() => metadata(), { answerWithKeys });
  expect(finding).toMatchObject({
    check: 'Cloud',
    verdict: 'problem',
    message: expect.stringContaining(reason),
  });
});

test.each([
  ['nobody', () => Promise.reject(new TypeError('fetch failed')), 'the request failed'],
  ['nobody in time', () => Promise.reject(new DOMException('', 'TimeoutError')), 'longer than 5 seconds'],
  ['something else', () => new Response('<html>'), 'not a Holdfast cloud'],
  [
    'a cloud with another name',
    () => Response.json({ issuer: 'https://other.test' }),
    'not a Holdfast cloud',
  ],
  ['a cloud that is ill', () => new Response('', { status: 503 }), '503'],
])('%s answers', async (_who, answer, reason) => {
  expect(await examine(answer)).toEqual([
    {
      check: 'Cloud',
      verdict: 'problem',
      message: expect.stringContaining(reason),
      remedy: expect.stringContaining('--cloud'),
    },
  ]);
});

test('a cloud that is stopped is no problem on this machine, and one elsewhere', async () => {
  for (const [at, verdict] of [
    ['http://localhost:7070', 'warning'],
    ['http://127.0.0.1:7070', 'warning'],
    [issuer, 'problem'],
  ] as const)
    expect(await examine(refusal, { at })).toMatchObject([
      { check: 'Cloud', verdict, message: expect.stringContaining('nothing listens') },
    ]);
});

test('on this machine, too, a cloud that answers nonsense is one', async () => {
  expect(await examine(() => new Response('<html>'), { at: 'http://localhost:7070' })).toMatchObject([
    { check: 'Cloud', verdict: 'problem' },
  ]);
});
