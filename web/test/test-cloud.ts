import { type Answer, FakeNetwork, json } from './fake-network.ts';

export const issuer = 'https://cloud.test';
export const clientId = 'holdfast-web';
export const resource = `${issuer}/instances/instance-1`;

/** Lifetimes in seconds, as the cloud publishes them. */
export const lifetimes = { accessToken: 300, refreshTokenIdle: 1_209_600, refreshTokenAbsolute: 7_776_000 };

export const routes = {
  metadata: `GET ${issuer}/.well-known/oauth-authorization-server`,
  deviceAuthorization: `POST ${issuer}/device/auth`,
  token: `POST ${issuer}/token`,
  revocation: `POST ${issuer}/token/revocation`,
} as const;

/** A cloud that agrees to everything until a test arranges something else. */
export class TestCloud extends FakeNetwork {
  constructor() {
    super();
    this.answer(routes.metadata, json(metadata()));
    this.answer(routes.deviceAuthorization, json(deviceAuthorization()));
    this.answer(routes.token, tokens());
    this.answer(routes.revocation, () => new Response(null, { status: 200 }));
  }

  get tokenRequests() {
    return this.requestsOf(routes.token);
  }
}

/** Authorization server metadata (RFC 8414), changed as the test needs it; undefined leaves a member out. */
export function metadata(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    issuer,
    device_authorization_endpoint: `${issuer}/device/auth`,
    token_endpoint: `${issuer}/token`,
    revocation_endpoint: `${issuer}/token/revocation`,
    jwks_uri: `${issuer}/jwks`,
    dpop_signing_alg_values_supported: ['ES256'],
    holdfast_token_lifetimes: {
      access_token: lifetimes.accessToken,
      refresh_token_idle: lifetimes.refreshTokenIdle,
      refresh_token_absolute: lifetimes.refreshTokenAbsolute,
    },
    ...changes,
  };
}

/** Device authorization response (RFC 8628 section 3.2). */
export function deviceAuthorization(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    device_code: 'device-code-1',
    user_code: 'WDJB-MJHT',
    verification_uri: `${issuer}/device`,
    verification_uri_complete: `${issuer}/device#user_code=WDJB-MJHT`,
    expires_in: 300,
    interval: 5,
    match_code: '42',
    ...changes,
  };
}

/** Token response (RFC 6749 section 5.1). */
export function tokens(changes: Record<string, unknown> = {}): Answer {
  return json({
    access_token: 'access-token-2',
    token_type: 'DPoP',
    expires_in: lifetimes.accessToken,
    refresh_token: 'refresh-token-2',
    ...changes,
  });
}

/** Error response of an OAuth endpoint (RFC 6749 section 5.2). */
export function refusal(error: string, description?: string, headers: Record<string, string> = {}): Answer {
  return json({ error, error_description: description }, { status: 400, headers });
}
