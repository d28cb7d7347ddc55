import { beforeEach, expect, it } from 'vitest';
import { json, silence } from '../../test/fake-network.ts';
import { sessionWith } from '../../test/sessions.ts';
import { clientId, metadata, refusal, routes, TestCloud } from '../../test/test-cloud.ts';
import { revokeRefreshToken } from './revocation.ts';

let cloud: TestCloud;

beforeEach(() => {
  cloud = new TestCloud();
});

it('names the refresh token and the client in the body of the request', async () => {
  await expect(revokeRefreshToken(sessionWith(), cloud)).resolves.toBe(true);
  const [request] = cloud.requestsOf(routes.revocation);
  expect(request?.url.search).toBe('');
  expect(Object.fromEntries(request?.form ?? [])).toEqual({
    token: 'refresh-token-1',
    token_type_hint: 'refresh_token',
    client_id: clientId,
  });
});

it.each([
  ['is not there', routes.revocation, silence],
  ['refuses', routes.revocation, refusal('invalid_request')],
  ['fails', routes.revocation, json({}, { status: 500 })],
  ['cannot be discovered', routes.metadata, silence],
  ['is another one', routes.metadata, json(metadata({ issuer: 'https://attacker.test' }))],
])('is not confirmed by a cloud that %s', async (_, route, answer) => {
  cloud.answer(route, answer);
  await expect(revokeRefreshToken(sessionWith(), cloud)).resolves.toBe(false);
});

it('gives a token to no cloud that claims to be another one', async () => {
  cloud.answer(routes.metadata, json(metadata({ issuer: 'https://attacker.test' })));
  await revokeRefreshToken(sessionWith(), cloud);
  expect(cloud.requestsOf(routes.revocation)).toEqual([]);
});
