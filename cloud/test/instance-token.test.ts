import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashIdentifier } from '../src/provider/identifier-hash.ts';
import { answerOf, TestBrowser, TestInstance } from './test-clients.ts';
import { TestCloud } from './test-cloud.ts';

let cloud: TestCloud;

beforeAll(async () => {
  cloud = await TestCloud.start();
});

afterAll(async () => cloud[Symbol.asyncDispose]());

describe('the instance token', () => {
  test('is given for the credentials', async () => {
    const instance = await TestInstance.register(cloud);
    const { status, body, headers } = await answerOf(instance.requestToken());
    expect(status).toBe(200);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^[\w-]{43,}$/),
      token_type: 'Bearer',
      expires_in: 600,
    });
    expect(headers.get('cache-control')).toContain('no-store');
    expect((await instance.call('GET', '/api/instance', body.access_token)).status).toBe(200);
  });

  test('is not given for a wrong secret, whatever is wrong with it', async () => {
    const instance = await TestInstance.register(cloud);
    const stranger = await TestInstance.register(cloud);
    const wrongSecrets = [
      'x',
      `${instance.clientSecret}x`,
      instance.clientSecret.slice(1),
      stranger.clientSecret,
    ];
    for (const secret of wrongSecrets) {
      const response = await cloud.postForm(
        '/token',
        { grant_type: 'client_credentials' },
        instance.credentials(secret),
      );
      const { status, body, headers } = await answerOf(response);
      expect({ status, error: body.error }, secret).toEqual({ status: 401, error: 'invalid_client' });
      expect(headers.get('www-authenticate')).toMatch(/^Basic /);
    }
  });

  test('is not given for the hash of the secret, which is what the disk holds', async () => {
    const instance = await TestInstance.register(cloud);
    const credentials = instance.credentials(hashIdentifier(instance.clientSecret));
    const response = await cloud.postForm('/token', { grant_type: 'client_credentials' }, credentials);
    expect(response.status).toBe(401);
  });

  test('is not given to an unknown client', async () => {
    const authorization = `Basic ${Buffer.from('nobody:secret').toString('base64')}`;
    const response = await cloud.postForm('/token', { grant_type: 'client_credentials' }, { authorization });
    expect(await answerOf(response)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  test('is not given for a secret in the body', async () => {
    const { clientId, clientSecret } = await TestInstance.register(cloud);
    const response = await cloud.postForm('/token', {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    });
    expect(await answerOf(response)).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
  });

  test('has no scope and serves no instance, not even itself', async () => {
    const instance = await TestInstance.register(cloud);
    expect(await answerOf(instance.requestToken({ scope: 'instance' }))).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
    expect(await answerOf(instance.requestToken({ resource: instance.resource }))).toMatchObject({
      status: 400,
      body: { error: 'invalid_target' },
    });
  });

  test('is worth nothing once it is revoked', async () => {
    const instance = await TestInstance.register(cloud);
    const token = await instance.token();
    const response = await cloud.postForm('/token/revocation', { token }, instance.credentials());
    expect(response.status).toBe(200);
    expect((await instance.call('GET', '/api/instance', token)).status).toBe(401);
  });

  test('is not revoked by another instance', async () => {
    const [instance, stranger] = [await TestInstance.register(cloud), await TestInstance.register(cloud)];
    const token = await instance.token();
    await cloud.postForm('/token/revocation', { token }, stranger.credentials());
    expect((await instance.call('GET', '/api/instance', token)).status).toBe(200);
  });

  test('is described by introspection to its own instance alone', async () => {
    const [instance, stranger] = [await TestInstance.register(cloud), await TestInstance.register(cloud)];
    const token = await instance.token();
    const introspect = async (client: TestInstance) =>
      (await cloud.postForm('/token/introspection', { token }, client.credentials())).json();
    expect(await introspect(instance)).toMatchObject({ active: true, client_id: instance.clientId });
    expect(await introspect(stranger)).toEqual({ active: false });
    expect((await cloud.postForm('/token/introspection', { token })).status).toBe(400);
  });

  test('that is bound to a key is refused without the key', async () => {
    const [instance, browser] = [await TestInstance.register(cloud), await TestBrowser.open(cloud)];
    const response = await cloud.postForm(
      '/token',
      { grant_type: 'client_credentials' },
      { ...instance.credentials(), dpop: await browser.proof() },
    );
    const { access_token: token } = (await response.json()) as { access_token: string };
    expect((await instance.call('GET', '/api/instance', token)).status).toBe(401);
  });
});
