import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { DeviceCode as DeviceCodeOf, default as OidcProvider } from 'oidc-provider';
import { Provider } from 'oidc-provider/lib/provider.js';
import { reportTo } from './report.ts';

// The floor: oidc-provider with the store in memory that it comes with, configured to issue what the cloud issues (JWTs
// of ES256 for one resource, bound by DPoP, with refresh tokens that rotate) and to ask nobody whether it may.
//
// A person decides by the same two requests as at the cloud: one tells what is asked, one approves. Here they do nothing
// but find the code, make the grant and store both. oidc-provider's own pages would take five requests with sessions,
// forms and redirects instead of two, so this is the floor that is harder to reach.

const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const scope = 'instance';
const accessTokenSeconds = 300;

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const provider: OidcProvider = new Provider(url, {
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kty: 'EC', alg: 'ES256', use: 'sig' }] },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  clients: [
    {
      client_id: 'holdfast-web',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      redirect_uris: [],
      dpop_bound_access_tokens: true,
      id_token_signed_response_alg: 'ES256',
    },
  ],
  enabledJWA: { dPoPSigningAlgValues: ['ES256'], idTokenSigningAlgValues: ['ES256'] },
  responseTypes: [],
  clientBasedCORS: () => true,
  scopes: [scope],
  features: {
    devInteractions: { enabled: false },
    deviceFlow: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32) },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, audience) => ({
        audience,
        scope,
        accessTokenTTL: accessTokenSeconds,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  issueRefreshToken: () => true,
  rotateRefreshToken: () => true,
  expiresWithSession: () => false,
  extraTokenClaims: (_ctx, token) => ('grantId' in token ? { grant_id: token.grantId } : undefined),
  findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
});

provider.use(async (ctx, next) => {
  if (ctx.path === '/api/device/lookup') {
    await waitingCode(ctx.req);
    ctx.body = { binding: { challenge: '' } };
  } else if (ctx.path === '/api/device/approve') {
    await approve(await waitingCode(ctx.req));
    ctx.body = { decision: 'approved' };
  } else {
    await next();
  }
});
server.on('request', provider.callback());
reportTo(process, url);

type DeviceCode = InstanceType<typeof DeviceCodeOf> & { params: { resource: string } };

async function waitingCode(request: NodeJS.ReadableStream): Promise<DeviceCode> {
  const { user_code: userCode } = (await json(request)) as { user_code: string };
  const code = await provider.DeviceCode.findByUserCode(userCode.replace('-', ''));
  if (!code || code.accountId !== undefined) throw new Error('nothing waits for a decision under this code');
  return code as DeviceCode;
}

async function approve(code: DeviceCode): Promise<void> {
  const accountId = 'somebody';
  const { resource } = code.params;
  const grant = new provider.Grant({ accountId, clientId: 'holdfast-web' });
  grant.addResourceScope(resource, scope);
  const authTime = Math.floor(Date.now() / 1_000);
  Object.assign(code, { accountId, grantId: await grant.save(), scope, resource, authTime });
  await code.save();
}
