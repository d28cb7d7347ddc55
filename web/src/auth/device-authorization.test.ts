import * as oauth from 'oauth4webapi';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { passTimeUntil, settle, stopClock, until } from '../../test/clock.ts';
import { proofOf } from '../../test/dpop-proofs.ts';
import { type Answer, json, neverAnswered, silence } from '../../test/fake-network.ts';
import {
  clientId,
  deviceAuthorization,
  issuer,
  refusal,
  resource,
  routes,
  TestCloud,
  tokens,
} from '../../test/test-cloud.ts';
import { discoverCloud } from './cloud-metadata.ts';
import {
  type DeviceClient,
  type PendingDeviceAuthorization,
  pollForTokens,
  requestDeviceAuthorization,
} from './device-authorization.ts';

const pendingAnswer = refusal('authorization_pending');
const start = Date.UTC(2026, 10, 23, 12);

let cloud: TestCloud;
let client: DeviceClient;
let dpop: oauth.DPoPHandle;
let controller: AbortController;

beforeEach(async () => {
  stopClock();
  vi.setSystemTime(start);
  cloud = new TestCloud();
  controller = new AbortController();
  client = { metadata: await discoverCloud(issuer, cloud), clientId, resource };
  dpop = oauth.DPoP({}, await oauth.generateKeyPair('ES256'));
});

describe('requestDeviceAuthorization', () => {
  const request = () => requestDeviceAuthorization(client, dpop, controller.signal, cloud);

  it('names the client, the instance, the scope and the key', async () => {
    await request();
    const [sent] = cloud.requestsOf(routes.deviceAuthorization);
    expect(Object.fromEntries(sent?.form ?? [])).toEqual({
      client_id: clientId,
      resource,
      scope: 'instance',
      dpop_jkt: await dpop.calculateThumbprint(),
    });
  });

  it('says until when the code is good, by the clock of this device', async () => {
    await expect(request()).resolves.toEqual({
      deviceCode: 'device-code-1',
      userCode: 'WDJB-MJHT',
      verificationUri: `${issuer}/device`,
      verificationUriComplete: `${issuer}/device#user_code=WDJB-MJHT`,
      matchCode: '42',
      expiresAt: start + 300_000,
      intervalSeconds: 5,
    });
  });

  it('takes five seconds and the plain address where the cloud names no interval and no complete address', async () => {
    cloud.answer(
      routes.deviceAuthorization,
      json(deviceAuthorization({ interval: undefined, verification_uri_complete: undefined })),
    );
    await expect(request()).resolves.toMatchObject({
      intervalSeconds: 5,
      verificationUriComplete: `${issuer}/device`,
    });
  });

  it.each([undefined, 42, '7', '<b>', '042'])('shows no match code that is none: %j', async (match_code) => {
    cloud.answer(routes.deviceAuthorization, json(deviceAuthorization({ match_code })));
    await expect(request()).resolves.toMatchObject({ matchCode: undefined });
  });

  it.each([
    ['verification_uri', 'javascript:alert(1)'],
    ['verification_uri_complete', 'javascript:alert(1)'],
    ['verification_uri_complete', 'http://cloud.test/device'],
    ['verification_uri', 'no address'],
  ])('refuses to make a link of %s %j', async (member, uri) => {
    cloud.answer(routes.deviceAuthorization, json(deviceAuthorization({ [member]: uri })));
    await expect(request()).rejects.toMatchObject({ code: 'invalid-cloud-response' });
  });

  it('passes on what the cloud refuses', async () => {
    cloud.answer(routes.deviceAuthorization, refusal('invalid_target'));
    await expect(request()).rejects.toMatchObject({ error: 'invalid_target' });
  });

  it.each([
    ['silence', silence],
    ['an error of the server', json({}, { status: 503 })],
    ['a request to slow down', json({}, { status: 429 })],
  ])('says of %s that the cloud cannot be reached', async (_, answer) => {
    cloud.answer(routes.deviceAuthorization, answer);
    await expect(request()).rejects.toMatchObject({ code: 'cloud-unreachable' });
  });
});

describe('pollForTokens', () => {
  const reachability: boolean[] = [];
  let pending: PendingDeviceAuthorization;
  let decision: PromiseWithResolvers<void>;

  beforeEach(async () => {
    reachability.length = 0;
    decision = Promise.withResolvers();
    pending = await requestDeviceAuthorization(client, dpop, controller.signal, cloud);
  });

  const poll = (...answers: Answer[]) => {
    if (answers.length > 0) cloud.answer(routes.token, ...answers);
    const outcome = pollForTokens(
      client,
      pending,
      dpop,
      { onReachability: (reachable) => reachability.push(reachable), decided: decision.promise },
      controller.signal,
      cloud,
    );
    return passTimeUntil(outcome);
  };
  /** Seconds after the start at which the cloud was asked. */
  const askedAt = () => cloud.tokenRequests.map(({ at }) => (at - start) / 1_000);

  it('waits the interval before the first request', async () => {
    await poll();
    expect(askedAt()).toEqual([5]);
  });

  it('asks at once when it hears of a decision, but only once', async () => {
    setTimeout(decision.resolve, 6_500);
    await poll(pendingAnswer, pendingAnswer, tokens());
    expect(askedAt()).toEqual([5, 6.5, 11.5]);
  });

  it('hands over the tokens of an approval', async () => {
    await expect(poll()).resolves.toEqual({
      outcome: 'approved',
      tokens: {
        accessToken: 'access-token-2',
        accessTokenLifetimeSeconds: 300,
        refreshToken: 'refresh-token-2',
      },
    });
  });

  it('redeems the device code for this instance, with a proof of the key', async () => {
    await poll();
    const [request] = cloud.tokenRequests;
    if (!request) throw new Error('The cloud was not asked.');
    expect(Object.fromEntries(request.form)).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: 'device-code-1',
      client_id: clientId,
      resource,
    });
    await expect(proofOf(request)).resolves.toMatchObject({
      header: { typ: 'dpop+jwt', alg: 'ES256' },
      claims: { htm: 'POST', htu: `${issuer}/token` },
    });
  });

  it('keeps asking at the same pace while the approval is pending', async () => {
    await poll(pendingAnswer, pendingAnswer, tokens());
    expect(askedAt()).toEqual([5, 10, 15]);
    expect(reachability).toEqual([]);
  });

  it('asks 5 s later from each slow_down on', async () => {
    await poll(refusal('slow_down'), pendingAnswer, refusal('slow_down'), tokens());
    expect(askedAt()).toEqual([5, 15, 25, 40]);
  });

  it('keeps asking while the cloud is away, less often, and says when that begins and ends', async () => {
    const outcome = await poll(silence, silence, silence, silence, pendingAnswer, tokens());
    expect(outcome).toMatchObject({ outcome: 'approved' });
    expect(askedAt()).toEqual([5, 15, 35, 65, 95, 100]);
    expect(reachability).toEqual([false, true]);
  });

  it.each([
    ['an error of the server', json({}, { status: 502 })],
    [
      'the page of a captive portal',
      () => new Response('<html>', { headers: { 'content-type': 'text/html' } }),
    ],
    ['a redirect', json({}, { status: 302 })],
  ])('takes %s for an absence of the cloud', async (_, answer) => {
    await expect(poll(answer, tokens())).resolves.toMatchObject({ outcome: 'approved' });
    expect(reachability).toEqual([false]);
  });

  it('takes a cloud that lets 15 s pass for an absent one', async () => {
    const timeout = new AbortController();
    const timeouts = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal);
    cloud.answer(routes.token, neverAnswered, tokens());
    const outcome = poll();
    await until(() => cloud.tokenRequests.length === 1);
    timeout.abort(new DOMException('signal timed out', 'TimeoutError'));
    timeouts.mockRestore();
    await expect(outcome).resolves.toMatchObject({ outcome: 'approved' });
    expect(reachability).toEqual([false]);
  });

  it('ends when the person denies it, with the words of the cloud', async () => {
    await expect(poll(pendingAnswer, refusal('access_denied', 'Not yours.'))).resolves.toEqual({
      outcome: 'denied',
      description: 'Not yours.',
    });
    expect(askedAt()).toEqual([5, 10]);
  });

  it('ends when the cloud calls the code expired', async () => {
    await expect(poll(refusal('expired_token'))).resolves.toEqual({ outcome: 'expired' });
    expect(askedAt()).toEqual([5]);
  });

  it('ends when the code has run out, without one more request', async () => {
    pending.expiresAt = start + 12_000;
    await expect(poll(pendingAnswer)).resolves.toEqual({ outcome: 'expired' });
    expect(askedAt()).toEqual([5, 10]);
    expect(Date.now()).toBe(start + 12_000);
  });

  it('ends at any other refusal', async () => {
    await expect(poll(refusal('invalid_grant', 'Used up.'))).resolves.toEqual({
      outcome: 'refused',
      error: 'invalid_grant',
      description: 'Used up.',
    });
    expect(askedAt()).toEqual([5]);
  });

  it('sends a proof with the nonce that the cloud asks for, at once', async () => {
    const demand = refusal('use_dpop_nonce', undefined, { 'dpop-nonce': 'nonce-1' });
    await expect(poll(demand, tokens())).resolves.toMatchObject({ outcome: 'approved' });
    expect(askedAt()).toEqual([5, 5]);
    const proofs = await Promise.all(cloud.tokenRequests.map(proofOf));
    expect(proofs.map(({ claims }) => claims.nonce)).toEqual([undefined, 'nonce-1']);
  });

  it('gives up when the cloud asks for a nonce again and again', async () => {
    const demand = refusal('use_dpop_nonce', undefined, { 'dpop-nonce': 'nonce-1' });
    await expect(poll(demand)).resolves.toMatchObject({ outcome: 'refused', error: 'use_dpop_nonce' });
    expect(askedAt()).toEqual([5, 5]);
  });

  it('accepts no tokens that are not bound to the key', async () => {
    await expect(poll(tokens({ token_type: 'Bearer' }))).rejects.toMatchObject({ code: 'unbound-tokens' });
  });

  it('stops waiting when it is cancelled, and never asks', async () => {
    const outcome = pollForTokens(
      client,
      pending,
      dpop,
      { onReachability: () => {}, decided: decision.promise },
      controller.signal,
      cloud,
    );
    controller.abort();
    await expect(outcome).rejects.toMatchObject({ name: 'AbortError' });
    expect(vi.getTimerCount()).toBe(0);
    expect(askedAt()).toEqual([]);
  });

  it('stops a request when it is cancelled, without calling the cloud absent', async () => {
    const outcome = poll(neverAnswered);
    await until(() => cloud.tokenRequests.length === 1);
    controller.abort();
    await expect(outcome).rejects.toMatchObject({ name: 'AbortError' });
    await settle();
    expect(askedAt()).toEqual([5]);
    expect(reachability).toEqual([]);
  });
});
