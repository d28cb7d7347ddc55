import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type OidcProvider from 'oidc-provider';
import { Provider } from 'oidc-provider/lib/provider.js';
import { reportTo } from './report.ts';

// The floor: oidc-provider with the store in memory that it comes with, configured to issue what the cloud issues (JWTs
// of ES256 for one resource, bound by DPoP, with refresh tokens that rotate) and to ask nobody whether it may.
//
// A person who is signed in decides on its own pages: types in the code, looks at what it says, confirms. That the person
// is asked no further is configured; who is signed in is the one thing that is not left to it.

const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const scope = 'instance';
const clientId = 'holdfast-web';
const accessTokenSeconds = 300;
const sessionSeconds = 86_400;

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const provider: OidcProvider = new Provider(url, {
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kty: 'EC', alg: 'ES256', use: 'sig' }] },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  clients: [
    {
      client_id: clientId,
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
  // Each sign-in has a grant of its own, as at the cloud.
  loadExistingGrant: async (ctx) => {
    const accountId = ctx.oidc.session?.accountId;
    if (accountId === undefined) return undefined;
    const grant = new provider.Grant({ accountId, clientId });
    grant.addOIDCScope(scope);
    grant.addResourceScope(String(ctx.oidc.params?.resource), scope);
    await grant.save();
    return grant;
  },
  issueRefreshToken: () => true,
  rotateRefreshToken: () => true,
  expiresWithSession: () => false,
  extraTokenClaims: (_ctx, token) => ('grantId' in token ? { grant_id: token.grantId } : undefined),
  findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
});

provider.use(async (ctx, next) => {
  if (ctx.path !== '/sign-in') return next();
  const session = Object.assign(new provider.Session(), { accountId: randomUUID(), loginTs: epochSeconds() });
  ctx.cookies.set(provider.cookieName('session'), await session.save(sessionSeconds), { signed: true });
  ctx.status = 204;
});
const answer = provider.callback();
server.on('request', (request, response) => void answer(request, response));
reportTo(process, url);

function epochSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
