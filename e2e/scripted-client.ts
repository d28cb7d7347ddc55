import { randomBytes } from 'node:crypto';
import * as oauth from 'oauth4webapi';

const insecure = { [oauth.allowInsecureRequests]: true };

export interface DeviceLogin {
  userCode: string;
  /** What an approval by another program than this one has to name. */
  matchCode: string;
  /** One poll of the token endpoint, as RFC 8628 section 3.4 says. */
  poll(): Promise<Response>;
  /** Polls until the cloud decides, and returns the tokens. */
  finish(): Promise<Tokens>;
}

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  dpop: oauth.DPoPHandle;
  /** The key that the tokens are bound to. */
  keyPair: CryptoKeyPair;
}

/** A program that signs in the way the web app does: public client, device authorization, DPoP. */
export async function startDeviceLogin(
  issuer: string,
  resource: string,
  headers: Record<string, string> = {},
): Promise<DeviceLogin> {
  const issuerUrl = new URL(issuer);
  const server = await oauth.processDiscoveryResponse(
    issuerUrl,
    await oauth.discoveryRequest(issuerUrl, { algorithm: 'oauth2', ...insecure }),
  );
  const client: oauth.Client = { client_id: 'holdfast-web' };
  const keyPair = await oauth.generateKeyPair('ES256', { extractable: true });
  const dpop = oauth.DPoP(client, keyPair);
  const authorization = await oauth.processDeviceAuthorizationResponse(
    server,
    client,
    await oauth.deviceAuthorizationRequest(
      server,
      client,
      oauth.None(),
      { resource, scope: 'instance', dpop_jkt: await dpop.calculateThumbprint() },
      { headers, ...insecure },
    ),
  );
  const poll = () =>
    oauth.deviceCodeGrantRequest(server, client, oauth.None(), authorization.device_code, {
      DPoP: dpop,
      ...insecure,
    });
  return {
    userCode: authorization.user_code,
    matchCode: authorization.match_code as string,
    poll,
    async finish() {
      for (let attempt = 0; attempt < 20; attempt++) {
        try {
          const tokens = await oauth.processDeviceCodeResponse(server, client, await poll());
          return {
            accessToken: tokens.access_token,
            refreshToken: tokens.refresh_token as string,
            dpop,
            keyPair,
          };
        } catch (error) {
          const waiting =
            error instanceof oauth.ResponseBodyError && /authorization_pending|slow_down/.test(error.error);
          if (!waiting) throw error;
          await new Promise((resolve) => setTimeout(resolve, (authorization.interval ?? 5) * 1000));
        }
      }
      throw new Error('The login was not decided in time.');
    },
  };
}

/** Sends a request with a proof once more when it is told a nonce, as an instance does after a restart. */
export async function withDpopNonce(send: () => Promise<Response>): Promise<Response> {
  try {
    return await send();
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return send();
  }
}

/** GraphQL with an access token and a DPoP proof. */
export async function graphql(
  instanceUrl: string,
  tokens: Tokens,
  query: string,
  variables = {},
  headers: Record<string, string> = {},
): Promise<Response> {
  return withDpopNonce(async () =>
    oauth.protectedResourceRequest(
      tokens.accessToken,
      'POST',
      new URL('/graphql', instanceUrl),
      new Headers({ 'content-type': 'application/json', ...headers }),
      JSON.stringify({ query, variables }),
      { DPoP: tokens.dpop, ...insecure },
    ),
  );
}

/** Claims the instance for the workspace of `tokens`. */
export async function claim(instanceUrl: string, tokens: Tokens, code: string): Promise<void> {
  const mutation = 'mutation ($code: String!) { claimInstance(code: $code) { __typename } }';
  const answer: unknown = await (await graphql(instanceUrl, tokens, mutation, { code })).json();
  const claimed = { data: { claimInstance: { __typename: 'InstanceClaimed' } } };
  if (JSON.stringify(answer) !== JSON.stringify(claimed)) throw new Error(`claim: ${JSON.stringify(answer)}`);
}

/** Ends a sign-in at the cloud (RFC 7009). */
export async function signOut(
  cloudUrl: string,
  { refreshToken }: Pick<Tokens, 'refreshToken'>,
): Promise<void> {
  const body = new URLSearchParams({ client_id: 'holdfast-web', token: refreshToken });
  const response = await fetch(`${cloudUrl}/token/revocation`, { method: 'POST', body });
  if (!response.ok) throw new Error(`sign-out: ${response.status} ${await response.text()}`);
}

/** An account of the cloud, used through its HTTP interface. */
export class ScriptedAccount {
  readonly cloudUrl: string;
  /** The headers that its session is known by: the cookie and the page key, neither of which is worth anything alone. */
  readonly credentials: Readonly<Record<string, string>>;

  private constructor(cloudUrl: string, credentials: Readonly<Record<string, string>>) {
    this.cloudUrl = cloudUrl;
    this.credentials = credentials;
  }

  static async signUp(cloudUrl: string, email: string, headers = {}): Promise<ScriptedAccount> {
    const fields = { name: email.split('@')[0] as string, email };
    return ScriptedAccount.#enter(cloudUrl, 'sign-up', fields, headers);
  }

  /** Another session of the same account. */
  static async signIn(cloudUrl: string, email: string, headers = {}): Promise<ScriptedAccount> {
    return ScriptedAccount.#enter(cloudUrl, 'sign-in', { email }, headers);
  }

  static async #enter(
    cloudUrl: string,
    way: 'sign-up' | 'sign-in',
    fields: Record<string, string>,
    headers: Record<string, string>,
  ): Promise<ScriptedAccount> {
    const pageKey = { 'holdfast-page-key': randomBytes(32).toString('hex') };
    const response = await fetch(`${cloudUrl}/api/auth/${way}/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: cloudUrl, ...pageKey, ...headers },
      body: JSON.stringify({ ...fields, password: 'correct horse battery staple' }),
    });
    if (!response.ok) throw new Error(`${way}: ${response.status} ${await response.text()}`);
    const cookies = response.headers.getSetCookie().map((header) => header.split(';', 1)[0]);
    return new ScriptedAccount(cloudUrl, { cookie: cookies.join('; '), ...pageKey });
  }

  device(
    action: 'lookup' | 'approve' | 'deny',
    body: Record<string, string>,
    headers = {},
  ): Promise<Response> {
    return this.#post(`/api/device/${action}`, body, headers);
  }

  /** The one session at the cloud that is not this one. */
  async otherSession(): Promise<string> {
    const response = await fetch(`${this.cloudUrl}/api/account/sessions`, {
      headers: this.credentials,
    });
    const { sessions } = (await response.json()) as { sessions: { id: string; current: boolean }[] };
    const others = sessions.filter(({ current }) => !current);
    if (others.length !== 1) throw new Error(`There are ${others.length} other sessions.`);
    return (others[0] as { id: string }).id;
  }

  async endSession(id: string): Promise<void> {
    const response = await this.#post('/api/account/sessions/end', { session_id: id });
    if (!response.ok) throw new Error(`end of a session: ${response.status} ${await response.text()}`);
  }

  #post(path: string, body: Record<string, string>, headers = {}): Promise<Response> {
    return fetch(`${this.cloudUrl}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: this.cloudUrl,
        ...this.credentials,
        ...headers,
      },
      body: JSON.stringify(body),
    });
  }
}
