import * as oauth from 'oauth4webapi';
import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { TestCloud } from './test-cloud.ts';
import { rawRequest, TestInstance } from './test-instance.ts';

const path = '/.well-known/oauth-protected-resource';

test('from the address alone a client finds the metadata, and by these the cloud', async () => {
  await using cloud = await TestCloud.start();
  await using instance = await TestInstance.start(cloud);
  await instance.untilRegistered();
  const { headers, status } = await instance.anonymously('{ viewer { id } }');
  expect(status).toBe(401);
  const [, address] = /resource_metadata="([^"]+)"/.exec(headers.get('www-authenticate') ?? '') ?? [];
  expect(address).toBe(`${instance.url}${path}`);

  const response = await fetch(String(address), { headers: { origin: 'http://localhost:5173' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
  const metadata = (await response.json()) as oauth.ResourceServer;
  expect(metadata).toEqual({
    resource: `${cloud.issuer}/instances/${cloud.clientId}`,
    authorization_servers: [cloud.issuer],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['ES256'],
    dpop_bound_access_tokens_required: true,
    resource_name: 'Holdfast instance',
  });

  const issuer = new URL(String(metadata.authorization_servers?.[0]));
  const server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', [oauth.allowInsecureRequests]: true }),
  );
  expect(server.device_authorization_endpoint).toBe(`${cloud.issuer}/device/auth`);
});

test('refused credentials lead there as well, by the name by which the instance was called', async () => {
  await using cloud = await TestCloud.start();
  const port = await freePort();
  const reach = { publicUrl: 'https://lab.example.com' };
  await using instance = await TestInstance.start(cloud, { listen: { host: '127.0.0.1', port }, reach });
  await instance.untilRegistered();
  const body = '{"query":"{ viewer { id } }"}';
  const ask = async (host: string, further: [string, string][] = []) => {
    const { headers } = await rawRequest(instance.url, {
      method: 'POST',
      path: '/graphql',
      headers: [
        ['Host', host],
        ['Content-Type', 'application/json'],
        ['Content-Length', String(body.length)],
        ...further,
      ],
      body,
    });
    return headers['www-authenticate'];
  };
  const published = `resource_metadata="https://lab.example.com${path}"`;
  expect(await ask('lab.example.com', [['Authorization', 'DPoP x']])).toContain(published);
  expect(await ask('lab.example.com')).toContain(published);
  // The same document is remembered, and whom it was refused is not.
  expect(await ask(`127.0.0.1:${port}`)).toContain(`resource_metadata="${instance.url}${path}"`);
});

test('before it is registered there is nothing to tell, and pages of strangers hear nothing at all', async () => {
  await using cloud = await TestCloud.start();
  cloud.fault = () => new Response('', { status: 503 });
  await using instance = await TestInstance.start(cloud);
  const early = await fetch(`${instance.url}${path}`);
  expect(early.status).toBe(503);
  expect(early.headers.get('retry-after')).toBe('5');
  expect(await early.text()).toContain('not registered at its cloud yet');
  expect((await fetch(`${instance.url}${path}`, { headers: { origin: 'https://evil.test' } })).status).toBe(
    403,
  );
  expect((await fetch(`${instance.url}${path}`, { method: 'POST' })).status).toBe(405);
});
