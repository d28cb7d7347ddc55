import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { passTimeUntil, stopClock, until } from '../../test/clock.ts';
import { proofOf } from '../../test/dpop-proofs.ts';
import { type Answer, json, neverAnswered, silence } from '../../test/fake-network.ts';
import { refuseKeys, storedKeys } from '../../test/idb-keyval-in-memory.ts';
import { baseUrl, storeSession } from '../../test/sessions.ts';
import {
  clientId,
  deviceAuthorization,
  issuer,
  lifetimes,
  metadata,
  refusal,
  resource,
  routes,
  TestCloud,
  tokens,
} from '../../test/test-cloud.ts';
import { OtherWindow } from '../../test/windows.ts';
import { loadDpopKey } from './dpop-key.ts';
import { type SignInState, signIn } from './sign-in.ts';
import { endSession, readSession } from './token-store.ts';
import { WaitingPage } from './waiting-page.ts';

const target = { baseUrl, issuer, clientId, resource };
const start = Date.UTC(2026, 10, 23, 12);

let cloud: TestCloud;
let states: SignInState[];
let controller: AbortController;

beforeEach(() => {
  stopClock();
  vi.setSystemTime(start);
  cloud = new TestCloud();
  states = [];
  controller = new AbortController();
});

function signInNow(changes: Partial<typeof target> = {}): Promise<SignInState> {
  const onState = (state: SignInState) => void states.push(state);
  return passTimeUntil(
    signIn({ ...target, ...changes }, { fetch: cloud.fetch, onState, signal: controller.signal }),
  );
}

describe('an approved sign-in', () => {
  it('goes from starting over pending to signed in', async () => {
    await expect(signInNow()).resolves.toEqual({ step: 'signed-in' });
    expect(states).toEqual([
      { step: 'starting' },
      {
        step: 'pending',
        userCode: 'WDJB-MJHT',
        verificationUri: `${issuer}/device`,
        verificationUriComplete: `${issuer}/device#user_code=WDJB-MJHT`,
        matchCode: '42',
        isApprovalPageOpen: false,
        openApprovalPage: expect.any(Function),
        expiresAt: start + 300_000,
        cloudUnreachable: false,
      },
      { step: 'signed-in' },
    ]);
  });

  it('stores the session with the lifetimes that the cloud publishes', async () => {
    await signInNow();
    const now = start + 5_000;
    expect(readSession(baseUrl).session).toEqual({
      issuer,
      clientId,
      resource,
      accessToken: 'access-token-2',
      accessTokenIssuedAt: now,
      accessTokenExpiresAt: now + 300_000,
      refreshToken: 'refresh-token-2',
      refreshTokenExpiresAt: now + lifetimes.refreshTokenIdle * 1_000,
      refreshTokenAbsoluteExpiresAt: now + lifetimes.refreshTokenAbsolute * 1_000,
      dpopKeyId: expect.any(String),
      signedInAt: now,
    });
  });

  it('keeps the key that the tokens are bound to', async () => {
    await signInNow();
    const id = readSession(baseUrl).session?.dpopKeyId ?? '';
    expect(storedKeys().map(([stored]) => stored)).toEqual([id]);
    const [request] = cloud.tokenRequests;
    if (!request) throw new Error('The cloud was not asked.');
    const { header } = await proofOf(request);
    const stored = new Map(storedKeys()).get(id) as CryptoKeyPair;
    const { x, y } = await crypto.subtle.exportKey('jwk', stored.publicKey);
    expect(header.jwk).toMatchObject({ x, y });
  });

  it('after one that came to nothing has its key, so that the cloud ends the code before; the next has its own', async () => {
    const thumbprints = () =>
      cloud.requestsOf(routes.deviceAuthorization).map(({ form }) => form.get('dpop_jkt'));
    cloud.answer(routes.token, refusal('access_denied'), tokens(), tokens());
    for (let attempt = 0; attempt < 3; attempt += 1) await signInNow();
    const [denied, approved, next] = thumbprints();
    expect(approved).toBe(denied);
    expect(next).not.toBe(approved);
  });

  it('takes the lifetime from the metadata where the answer has none', async () => {
    cloud.answer(routes.token, tokens({ expires_in: undefined }));
    await signInNow();
    expect(readSession(baseUrl).session?.accessTokenExpiresAt).toBe(start + 5_000 + 300_000);
  });

  it('never lets the idle end lie behind the absolute one', async () => {
    const short = { access_token: 300, refresh_token_idle: 1_000, refresh_token_absolute: 600 };
    cloud.answer(routes.metadata, json(metadata({ holdfast_token_lifetimes: short })));
    await signInNow();
    expect(readSession(baseUrl).session?.refreshTokenExpiresAt).toBe(start + 5_000 + 600_000);
  });

  it('replaces the session and the key of the one before', async () => {
    const before = await storeSession();
    await signInNow();
    expect(readSession(baseUrl).session?.accessToken).toBe('access-token-2');
    expect(storedKeys()).toHaveLength(1);
    await expect(loadDpopKey(before.dpopKeyId)).resolves.toBeUndefined();
  });

  it('takes away the reason why the last session had ended', async () => {
    endSession(baseUrl, { code: 'invalid_grant', message: 'You were signed out.' });
    await signInNow();
    expect(readSession(baseUrl).signedOutReason).toBeUndefined();
  });
});

it('says while the cloud is away, and when it is back', async () => {
  cloud.answer(routes.token, silence, refusal('authorization_pending'), tokens());
  await signInNow();
  expect(states.map((state) => (state.step === 'pending' ? state.cloudUnreachable : state.step))).toEqual([
    'starting',
    false,
    true,
    false,
    'signed-in',
  ]);
});

describe('a sign-in that comes to nothing', () => {
  const ends: [name: string, route: string, answer: Answer, final: object][] = [
    [
      'denied',
      routes.token,
      refusal('access_denied', 'Somebody else owns this instance.'),
      { step: 'denied', message: 'Somebody else owns this instance.' },
    ],
    ['expired', routes.token, refusal('expired_token'), { step: 'expired' }],
    [
      'refused',
      routes.token,
      refusal('invalid_client', 'Unknown client.'),
      { step: 'failed', code: 'invalid_client', message: expect.stringContaining('Unknown client.') },
    ],
    [
      'refused because of the clock',
      routes.token,
      refusal('invalid_dpop_proof', 'iat is too old'),
      { step: 'failed', code: 'invalid_dpop_proof', message: expect.stringContaining('clock') },
    ],
    [
      'answered with tokens that anybody could use',
      routes.token,
      tokens({ token_type: 'Bearer' }),
      { step: 'failed', code: 'unbound-tokens' },
    ],
    [
      'answered without a refresh token',
      routes.token,
      tokens({ refresh_token: undefined }),
      { step: 'failed', code: 'invalid-cloud-response' },
    ],
    [
      'for an instance that the cloud does not know',
      routes.deviceAuthorization,
      refusal('invalid_target'),
      { step: 'failed', code: 'invalid_target', message: expect.stringContaining('Restart the instance') },
    ],
    [
      'answered with a link to a script',
      routes.deviceAuthorization,
      json(deviceAuthorization({ verification_uri_complete: 'javascript:alert(1)' })),
      { step: 'failed', code: 'invalid-cloud-response' },
    ],
    [
      'answered with nonsense',
      routes.deviceAuthorization,
      json({ user_code: 7 }),
      { step: 'failed', code: 'invalid-cloud-response' },
    ],
    [
      'left without an answer',
      routes.deviceAuthorization,
      silence,
      { step: 'failed', code: 'cloud-unreachable' },
    ],
    [
      'sent to a cloud that claims to be another',
      routes.metadata,
      json(metadata({ issuer: 'https://attacker.test' })),
      { step: 'failed', code: 'invalid-cloud-response' },
    ],
  ];

  it.each(ends)('is told: %s', async (_, route, answer, final) => {
    cloud.answer(route, answer);
    await expect(signInNow()).resolves.toMatchObject(final);
    expect(states.at(-1)).toMatchObject(final);
  });

  it.each(ends)('leaves neither session nor key: %s', async (_, route, answer) => {
    cloud.answer(route, answer);
    await signInNow();
    expect(readSession(baseUrl).session).toBeUndefined();
    expect(storedKeys()).toEqual([]);
  });

  it('leaves the session from before as it was', async () => {
    const before = await storeSession();
    cloud.answer(routes.token, refusal('access_denied'));
    await signInNow();
    expect(readSession(baseUrl).session).toEqual(before);
    expect(storedKeys().map(([id]) => id)).toEqual([before.dpopKeyId]);
  });

  it('is told when this browser keeps no keys', async () => {
    refuseKeys();
    await expect(signInNow()).resolves.toMatchObject({ step: 'failed', code: 'storage-unavailable' });
    expect(cloud.requestsOf(routes.deviceAuthorization)).toEqual([]);
  });

  it('is told when this browser keeps no sessions, and its key is deleted', async () => {
    vi.stubGlobal('localStorage', {
      getItem: () => null,
      setItem: () => {
        throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
      },
    });
    await expect(signInNow()).resolves.toMatchObject({ step: 'failed', code: 'storage-unavailable' });
    expect(storedKeys()).toEqual([]);
  });
});

describe('nothing is sent', () => {
  it('for an instance whose connection could be overheard', async () => {
    const final = await signInNow({ baseUrl: 'http://192.168.1.20:8080' });
    expect(final).toMatchObject({ step: 'failed', code: 'insecure-instance' });
    expect(cloud.requests).toEqual([]);
  });

  it('to a cloud whose connection could be overheard', async () => {
    const final = await signInNow({ issuer: 'http://cloud.test' });
    expect(final).toMatchObject({ step: 'failed', code: 'untrusted-issuer' });
    expect(cloud.requests).toEqual([]);
  });

  it('from a page without Web Locks', async () => {
    Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true });
    await expect(signInNow()).resolves.toMatchObject({ step: 'failed', code: 'insecure-context' });
    expect(cloud.requests).toEqual([]);
  });
});

describe('a cancelled sign-in', () => {
  it('stops while it waits, deletes its key and tells no further state', async () => {
    cloud.answer(routes.token, neverAnswered);
    const signingIn = signInNow();
    await until(() => cloud.tokenRequests.length === 1);
    controller.abort();
    await expect(signingIn).rejects.toMatchObject({ name: 'AbortError' });
    expect(states.map(({ step }) => step)).toEqual(['starting', 'pending']);
    expect(storedKeys()).toEqual([]);
  });

  it('stops while the cloud is looked for', async () => {
    cloud.answer(routes.metadata, neverAnswered);
    const signingIn = signInNow();
    await until(() => cloud.requestsOf(routes.metadata).length === 1);
    controller.abort();
    await expect(signingIn).rejects.toMatchObject({ name: 'AbortError' });
    expect(states).toEqual([{ step: 'starting' }]);
  });
});

describe('a page that waits for the approval page', () => {
  let page: OtherWindow;
  let waitingPage: WaitingPage | undefined;

  beforeEach(() => {
    page = new OtherWindow();
    vi.stubGlobal('open', () => page);
    waitingPage = WaitingPage.open();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  const signInWithPage = (): Promise<SignInState> => {
    const onState = (state: SignInState) => void states.push(state);
    const { signal } = controller;
    return passTimeUntil(signIn(target, { fetch: cloud.fetch, onState, signal, waitingPage }));
  };

  it('becomes it, and stays when the sign-in is over', async () => {
    await signInWithPage();
    expect(states[1]).toMatchObject({ step: 'pending', isApprovalPageOpen: true });
    expect(page).toMatchObject({ closed: false, location: { href: `${issuer}/device#user_code=WDJB-MJHT` } });
  });

  it('is closed when there is none', async () => {
    cloud.answer(routes.deviceAuthorization, refusal('invalid_target'));
    await expect(signInWithPage()).resolves.toMatchObject({ step: 'failed' });
    expect(page).toMatchObject({ closed: true, location: { href: 'about:blank' } });
  });

  it('is closed when the person cancels before', async () => {
    cloud.answer(routes.metadata, neverAnswered);
    const signingIn = signInWithPage();
    await until(() => cloud.requestsOf(routes.metadata).length === 1);
    controller.abort();
    await expect(signingIn).rejects.toMatchObject({ name: 'AbortError' });
    expect(page.closed).toBe(true);
  });
});

it('no state ever shows a token or the device code', async () => {
  await signInNow();
  expect(JSON.stringify(states)).not.toMatch(/device-code-1|access-token|refresh-token/);
});
