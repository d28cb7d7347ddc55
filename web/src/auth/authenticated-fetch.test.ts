import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { passTimeUntil, settle, stopClock, until } from '../../test/clock.ts';
import { hashOf, proofOf } from '../../test/dpop-proofs.ts';
import { type Answer, json, type SentRequest, silence } from '../../test/fake-network.ts';
import { clearKeys, storedKeys } from '../../test/idb-keyval-in-memory.ts';
import { baseUrl, storeSession } from '../../test/sessions.ts';
import { refusal, routes, TestCloud } from '../../test/test-cloud.ts';
import { authenticatedFetch } from './authenticated-fetch.ts';
import { deleteDpopKey } from './dpop-key.ts';
import { endSession, readSession } from './token-store.ts';

const graphql = `${baseUrl}/graphql`;
const route = `POST ${graphql}`;
const query = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"query":"{ viewer }"}',
};

let network: TestCloud;

beforeEach(() => {
  network = new TestCloud();
  network.answer(route, json({ data: {} }));
});

const send = (input: string | URL | Request = graphql, init: RequestInit = query) =>
  authenticatedFetch(baseUrl, network)(input, init);
const sent = () => network.requestsOf(route);
const sentTokens = () => sent().map(({ headers }) => headers.get('authorization'));

/** The only request of the test to the instance. */
function onlyRequest(): SentRequest {
  const [request, ...more] = sent();
  if (!request || more.length > 0) throw new Error(`The instance was asked ${more.length + 1} times.`);
  return request;
}

function challenge(parameters: string, headers: Record<string, string> = {}): Answer {
  return json(
    { errors: [{ message: 'No.' }] },
    { status: 401, headers: { 'www-authenticate': `DPoP algs="ES256"${parameters}`, ...headers } },
  );
}

const invalidToken = challenge(', error="invalid_token", error_description="The token has expired."');
const nonceDemand = challenge(', error="use_dpop_nonce"', { 'dpop-nonce': 'nonce-1' });

describe('nobody signed in', () => {
  it('sends the request as it is, without token and proof', async () => {
    const response = await send();
    await expect(response.json()).resolves.toEqual({ data: {} });
    const { body, headers } = onlyRequest();
    expect(body).toBe(query.body);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.has('authorization')).toBe(false);
    expect(headers.has('dpop')).toBe(false);
  });

  it('returns a 401 as it is', async () => {
    network.answer(route, invalidToken);
    await expect(send()).resolves.toMatchObject({ status: 401 });
    expect(network.tokenRequests).toEqual([]);
  });
});

describe('somebody signed in', () => {
  it('sends the request with the access token, bound to the key', async () => {
    await storeSession();
    await send();
    const { body, headers } = onlyRequest();
    expect(body).toBe(query.body);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('authorization')).toBe('DPoP access-token-1');
  });

  it('proves possession of the key for this method, address and token', async () => {
    const { dpopKeyId } = await storeSession();
    await send(`${graphql}?operation=viewer#part`);
    const { header, claims } = await proofOf(onlyRequest());
    expect(header).toMatchObject({ typ: 'dpop+jwt', alg: 'ES256' });
    expect(header.jwk).not.toHaveProperty('d');
    expect(claims).toEqual({
      htm: 'POST',
      htu: graphql,
      ath: await hashOf('access-token-1'),
      jti: expect.any(String),
      iat: expect.closeTo(Date.now() / 1_000, -1),
    });
    const pair = new Map(storedKeys()).get(dpopKeyId) as CryptoKeyPair;
    const { x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
    expect(header.jwk).toMatchObject({ x, y });
  });

  it('never uses a proof twice', async () => {
    await storeSession();
    await send();
    await send();
    const [first, second] = await Promise.all(sent().map(proofOf));
    expect(first?.claims.jti).not.toBe(second?.claims.jti);
  });

  it('takes a Request too', async () => {
    await storeSession();
    await send(new Request(graphql, query), {});
    expect(onlyRequest()).toMatchObject({ body: query.body, method: 'POST' });
  });

  it('sends no cookies and follows no redirect, which could lead a token elsewhere', async () => {
    await storeSession();
    await send();
    expect(onlyRequest().init).toMatchObject({ credentials: 'omit', redirect: 'manual' });
  });

  it('sends requests without a body', async () => {
    await storeSession();
    network.answer(`GET ${baseUrl}/healthz`, json({}));
    await send(`${baseUrl}/healthz`, {});
    expect(network.requestsOf(`GET ${baseUrl}/healthz`)).toHaveLength(1);
  });

  it('rejects as fetch does when the instance is not there, and stays signed in', async () => {
    await storeSession();
    network.answer(route, silence);
    await expect(send()).rejects.toThrow(TypeError);
    expect(readSession(baseUrl).session).toBeDefined();
  });
});

describe('no token is sent', () => {
  it.each([
    'https://attacker.test/graphql',
    'https://box.test.attacker.test/graphql',
    'https://box.test:8443/graphql',
    'http://box.test/graphql',
  ])('to another origin: %s', async (url) => {
    await storeSession();
    await expect(send(url)).rejects.toThrow(TypeError);
    expect(network.requests).toEqual([]);
  });

  it('over a connection that could be overheard', async () => {
    const insecure = 'http://192.168.1.20:8080';
    await storeSession({}, insecure);
    network.answer(`POST ${insecure}/graphql`, json({}));
    await authenticatedFetch(insecure, network)(`${insecure}/graphql`, query);
    const [request] = network.requests;
    expect(request?.headers.has('authorization')).toBe(false);
    expect(request?.headers.has('dpop')).toBe(false);
  });

  it('of another instance', async () => {
    await storeSession({}, 'https://other.test');
    await send();
    expect(onlyRequest().headers.has('authorization')).toBe(false);
  });
});

it('sends tokens by http on this machine, where nothing crosses a network', async () => {
  const local = 'http://127.0.0.1:8080';
  await storeSession({}, local);
  network.answer(`POST ${local}/graphql`, json({}));
  await authenticatedFetch(local, network)(`${local}/graphql`, query);
  expect(network.requests[0]?.headers.get('authorization')).toBe('DPoP access-token-1');
});

describe('a demand for a nonce', () => {
  it('is met at once, with the same request', async () => {
    await storeSession();
    network.answer(route, nonceDemand, json({ data: {} }));
    await expect(send()).resolves.toMatchObject({ status: 200 });
    const [first, second] = sent();
    if (!first || !second) throw new Error('The request was not repeated.');
    expect(second.body).toBe(first.body);
    expect((await proofOf(first)).claims.nonce).toBeUndefined();
    expect((await proofOf(second)).claims.nonce).toBe('nonce-1');
  });

  it('is met exactly once', async () => {
    await storeSession();
    network.answer(route, nonceDemand);
    await expect(send()).resolves.toMatchObject({ status: 401 });
    expect(sent()).toHaveLength(2);
    expect(network.tokenRequests).toEqual([]);
    expect(readSession(baseUrl).session).toBeDefined();
  });

  it('is remembered for later requests', async () => {
    await storeSession();
    network.answer(route, nonceDemand, json({ data: {} }));
    await send();
    await send();
    const proofs = await Promise.all(sent().map(proofOf));
    expect(proofs.map(({ claims }) => claims.nonce)).toEqual([undefined, 'nonce-1', 'nonce-1']);
  });
});

describe('an access token near its end', () => {
  it('is renewed before it is used', async () => {
    await storeSession({ accessTokenExpiresAt: Date.now() + 29_000 });
    await send();
    expect(sentTokens()).toEqual(['DPoP access-token-2']);
  });

  it('that lives shortly is renewed in its last quarter, not at each request', async () => {
    const now = Date.now();
    await storeSession({ accessTokenIssuedAt: now - 8_000, accessTokenExpiresAt: now + 12_000 });
    await send();
    expect(sentTokens()).toEqual(['DPoP access-token-1']);
    await storeSession({ accessTokenIssuedAt: now - 16_000, accessTokenExpiresAt: now + 4_000 });
    await send();
    expect(sentTokens()).toEqual(['DPoP access-token-1', 'DPoP access-token-2']);
  });

  it('is renewed once, however many requests need it', async () => {
    await storeSession({ accessTokenExpiresAt: Date.now() - 1 });
    await Promise.all([send(), send(), send()]);
    expect(network.tokenRequests).toHaveLength(1);
    expect(sentTokens()).toEqual(Array(3).fill('DPoP access-token-2'));
  });

  it('is used as it is while there is time', async () => {
    await storeSession({ accessTokenExpiresAt: Date.now() + 60_000 });
    await send();
    expect(sentTokens()).toEqual(['DPoP access-token-1']);
  });

  it('is used to its end while the cloud is away', async () => {
    await storeSession({ accessTokenExpiresAt: Date.now() + 20_000 });
    network.answer(routes.token, silence);
    await send();
    expect(sentTokens()).toEqual(['DPoP access-token-1']);
  });

  it('that is over cannot be used while the cloud is away, but nobody is signed out', async () => {
    await storeSession({ accessTokenExpiresAt: Date.now() - 1 });
    network.answer(routes.token, silence);
    await expect(send()).rejects.toMatchObject({ code: 'cloud-unreachable' });
    expect(sent()).toEqual([]);
    expect(readSession(baseUrl).session).toBeDefined();
  });

  it('that the cloud refuses to renew makes the request anonymous', async () => {
    await storeSession({ accessTokenExpiresAt: Date.now() - 1 });
    network.answer(routes.token, refusal('invalid_grant'));
    await send();
    expect(sentTokens()).toEqual([null]);
    expect(readSession(baseUrl).signedOutReason?.code).toBe('invalid_grant');
  });
});

describe('an access token that the instance calls invalid', () => {
  it('is renewed once and the request repeated', async () => {
    await storeSession();
    network.answer(route, invalidToken, json({ data: {} }));
    await expect(send()).resolves.toMatchObject({ status: 200 });
    expect(sentTokens()).toEqual(['DPoP access-token-1', 'DPoP access-token-2']);
    expect(sent().map(({ body }) => body)).toEqual([query.body, query.body]);
    expect(network.tokenRequests).toHaveLength(1);
    expect(readSession(baseUrl).session?.accessToken).toBe('access-token-2');
  });

  it('ends the session with the reason when even the new one is invalid', async () => {
    await storeSession();
    network.answer(route, invalidToken);
    await expect(send()).resolves.toMatchObject({ status: 401 });
    expect(sent()).toHaveLength(2);
    expect(network.tokenRequests).toHaveLength(1);
    expect(readSession(baseUrl)).toEqual({
      session: undefined,
      signedOutReason: { code: 'invalid_token', message: expect.stringContaining('The token has expired.') },
    });
    await settle();
    expect(storedKeys()).toEqual([]);
  });

  describe('because it does not know the key yet', () => {
    const unknownKey = (seconds: string) =>
      challenge(', error="invalid_token", error_description="The key is unknown."', {
        'retry-after': seconds,
      });
    beforeEach(stopClock);
    afterEach(() => void vi.useRealTimers());

    it('is sent again once the instance may ask for the key, and nobody is signed out', async () => {
      await storeSession();
      network.answer(route, unknownKey('29'), unknownKey('28'), json({ data: {} }));
      const begin = Date.now();
      await expect(passTimeUntil(send())).resolves.toMatchObject({ status: 200 });
      expect(Date.now() - begin).toBe(28_000);
      expect(sentTokens()).toEqual(['DPoP access-token-1', 'DPoP access-token-2', 'DPoP access-token-2']);
      expect(sent().map(({ body }) => body)).toEqual(Array(3).fill(query.body));
      expect(readSession(baseUrl).session?.accessToken).toBe('access-token-2');
    });

    it('ends the session if it still is not known then', async () => {
      await storeSession();
      network.answer(route, unknownKey('30'));
      await expect(passTimeUntil(send())).resolves.toMatchObject({ status: 401 });
      expect(sent()).toHaveLength(3);
      expect(network.tokenRequests).toHaveLength(1);
      expect(readSession(baseUrl).signedOutReason?.message).toContain('The key is unknown.');
    });

    it.each(['3600', 'Mon, 23 Nov 2026 12:00:00 GMT', ''])(
      'is not waited for when told “%s”',
      async (seconds) => {
        await storeSession();
        network.answer(route, unknownKey(seconds));
        const begin = Date.now();
        await expect(passTimeUntil(send())).resolves.toMatchObject({ status: 401 });
        expect([Date.now() - begin, sent().length]).toEqual([0, 2]);
        expect(readSession(baseUrl).session).toBeUndefined();
      },
    );

    it('is not sent again once the caller has given up', async () => {
      await storeSession();
      network.answer(route, unknownKey('30'));
      const controller = new AbortController();
      const answer = send(graphql, { ...query, signal: controller.signal });
      await until(() => sent().length === 2);
      await settle();
      controller.abort();
      await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
      expect(readSession(baseUrl).session).toBeDefined();
    });

    it('goes on with nobody if they have signed out meanwhile', async () => {
      await storeSession();
      network.answer(route, unknownKey('30'));
      const answer = send();
      await until(() => sent().length === 2);
      await settle();
      endSession(baseUrl);
      await expect(passTimeUntil(answer)).resolves.toMatchObject({ status: 401 });
      expect(sent()).toHaveLength(2);
      expect(readSession(baseUrl)).toEqual({ session: undefined, signedOutReason: undefined });
    });
  });

  it('ends nothing while the cloud is away', async () => {
    await storeSession();
    network.answer(route, invalidToken);
    network.answer(routes.token, silence);
    await expect(send()).resolves.toMatchObject({ status: 401 });
    expect(sent()).toHaveLength(1);
    expect(readSession(baseUrl).session).toBeDefined();
  });

  it('ends the session with the words of a cloud that refuses another one', async () => {
    await storeSession();
    network.answer(route, invalidToken);
    network.answer(routes.token, refusal('access_denied', 'You left the workspace.'));
    await expect(send()).resolves.toMatchObject({ status: 401 });
    expect(readSession(baseUrl).signedOutReason).toEqual({
      code: 'access_denied',
      message: expect.stringContaining('You left the workspace.'),
    });
  });
});

describe('any other refusal renews and ends nothing', () => {
  it.each([
    ['a bad proof', challenge(', error="invalid_dpop_proof"')],
    ['a challenge without an error', challenge('')],
    [
      'a 401 of something in between',
      json({}, { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' } }),
    ],
    ['a 401 without a challenge', json({}, { status: 401 })],
    ['a 403 for another reason', json({ errors: [{ extensions: { code: 'forbidden' } }] }, { status: 403 })],
    ['a 403 of something in between', () => new Response('<html>', { status: 403 })],
    ['an error of the server', json({}, { status: 500 })],
  ])('%s', async (_, answer) => {
    await storeSession();
    network.answer(route, answer);
    await send();
    expect(sent()).toHaveLength(1);
    expect(network.tokenRequests).toEqual([]);
    expect(readSession(baseUrl).session?.accessToken).toBe('access-token-1');
  });
});

it('an instance that belongs to someone else ends the session with its own words', async () => {
  await storeSession();
  const denial = {
    errors: [{ message: 'Another workspace owns it.', extensions: { code: 'access_denied' } }],
  };
  network.answer(route, json(denial, { status: 403 }));
  const response = await send();
  await expect(response.json()).resolves.toEqual(denial);
  expect(readSession(baseUrl)).toEqual({
    session: undefined,
    signedOutReason: { code: 'access_denied', message: 'Another workspace owns it.' },
  });
  await settle();
  expect(storedKeys()).toEqual([]);
});

it('a lost key ends the session, and the request goes out anonymously', async () => {
  const { dpopKeyId } = await storeSession();
  await deleteDpopKey(dpopKeyId);
  clearKeys();
  await expect(send()).resolves.toMatchObject({ status: 200 });
  expect(sentTokens()).toEqual([null]);
  expect(readSession(baseUrl).signedOutReason?.code).toBe('dpop-key-missing');
});

it('can be cancelled by the caller', async () => {
  await storeSession();
  const controller = new AbortController();
  network.answer(route, () => new Promise<Response>(() => {}));
  const answer = send(graphql, { ...query, signal: controller.signal });
  await settle();
  controller.abort();
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
});
