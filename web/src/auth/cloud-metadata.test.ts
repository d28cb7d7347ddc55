import { beforeEach, describe, expect, it } from 'vitest';
import { json, silence } from '../../test/fake-network.ts';
import { issuer, lifetimes, metadata, routes, TestCloud } from '../../test/test-cloud.ts';
import { discoverCloud } from './cloud-metadata.ts';

let cloud: TestCloud;

beforeEach(() => {
  cloud = new TestCloud();
});

it('reads the metadata at the address of RFC 8414', async () => {
  const { server, ...rest } = await discoverCloud(issuer, cloud);
  expect(rest).toEqual({ issuer: new URL(issuer), lifetimes });
  expect(server.token_endpoint).toBe(`${issuer}/token`);
  expect(cloud.requests.map(({ url }) => url.href)).toEqual([
    `${issuer}/.well-known/oauth-authorization-server`,
  ]);
});

it('puts the well-known part before the path of an issuer that has one', async () => {
  const tenant = `${issuer}/tenant`;
  cloud.answer(
    `GET ${issuer}/.well-known/oauth-authorization-server/tenant`,
    json(metadata({ issuer: tenant })),
  );
  await expect(discoverCloud(tenant, cloud)).resolves.toMatchObject({ issuer: new URL(tenant) });
});

it('speaks http to a cloud on this machine', async () => {
  const local = 'http://localhost:7070';
  const endpoints = {
    issuer: local,
    device_authorization_endpoint: `${local}/device/auth`,
    token_endpoint: `${local}/token`,
    revocation_endpoint: `${local}/token/revocation`,
  };
  cloud.answer(`GET ${local}/.well-known/oauth-authorization-server`, json(metadata(endpoints)));
  await expect(discoverCloud(local, cloud)).resolves.toMatchObject({ issuer: new URL(local) });
});

it('asks no cloud that could be overheard', async () => {
  await expect(discoverCloud('http://cloud.test', cloud)).rejects.toMatchObject({ code: 'untrusted-issuer' });
  expect(cloud.requests).toEqual([]);
});

describe('refuses', () => {
  it.each([
    ['the metadata of another issuer', { issuer: 'https://attacker.test' }],
    ['no issuer', { issuer: undefined }],
    ['no token endpoint', { token_endpoint: undefined }],
    ['no device authorization endpoint', { device_authorization_endpoint: undefined }],
    ['no revocation endpoint', { revocation_endpoint: undefined }],
    ['a token endpoint that could be overheard', { token_endpoint: 'http://cloud.test/token' }],
    ['an endpoint that is no address', { revocation_endpoint: 'token/revocation' }],
    ['no lifetimes', { holdfast_token_lifetimes: undefined }],
    ['lifetimes in another form', { holdfast_token_lifetimes: [300, 300, 300] }],
    [
      'a lifetime that is over at once',
      { holdfast_token_lifetimes: { access_token: 0, refresh_token_idle: 1, refresh_token_absolute: 1 } },
    ],
    [
      'a lifetime that is no number',
      { holdfast_token_lifetimes: { access_token: '300', refresh_token_idle: 1, refresh_token_absolute: 1 } },
    ],
    ['one lifetime too few', { holdfast_token_lifetimes: { access_token: 300, refresh_token_idle: 1 } }],
  ])('%s', async (_, changes) => {
    cloud.answer(routes.metadata, json(metadata(changes)));
    await expect(discoverCloud(issuer, cloud)).rejects.toMatchObject({ code: 'invalid-cloud-response' });
  });

  it.each([
    ['a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['a page that is not there', json({}, { status: 404 })],
  ])('%s', async (_, answer) => {
    cloud.answer(routes.metadata, answer);
    await expect(discoverCloud(issuer, cloud)).rejects.toMatchObject({ code: 'invalid-cloud-response' });
  });
});

it('says of silence that the cloud cannot be reached', async () => {
  cloud.answer(routes.metadata, silence);
  await expect(discoverCloud(issuer, cloud)).rejects.toMatchObject({ code: 'cloud-unreachable' });
});
