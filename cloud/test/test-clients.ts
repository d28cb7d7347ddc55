// Everybody who talks to the cloud: an account's browser at its pages, the web app of an instance, and an instance.

import { randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { TestCloud } from './test-cloud.ts';

export type Members = Record<string, unknown>;

export const webClientId = 'holdfast-web';
export const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';
export const password = 'correct horse battery staple';

/** The members of answers that tests look at; each answer has those of its kind. */
export type AnswerBody = Members &
  Registration &
  DeviceAuthorization &
  Tokens & { readonly error: string; readonly error_description: string };

export interface Registration {
  readonly client_id: string;
  readonly client_secret: string;
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
}

export interface DeviceAuthorization {
  readonly device_code: string;
  readonly user_code: string;
  readonly match_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete: string;
  readonly expires_in: number;
  readonly interval: number;
}

/** What the page of a login shows to be compared and entered. */
export type MatchedCode = Pick<DeviceAuthorization, 'user_code' | 'match_code'>;

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope: string;
}

export interface SecurityEvent extends Members {
  readonly sub_id: Members;
  readonly events: Members;
}

/** Status and body, for one `expect`. */
export async function answerOf(
  request: Response | Promise<Response>,
): Promise<{ status: number; body: AnswerBody; headers: Headers }> {
  const response = await request;
  return { status: response.status, body: (await response.json()) as AnswerBody, headers: response.headers };
}

/** A person who is signed in at the cloud. */
export class TestAccount {
  readonly cloud: TestCloud;
  readonly email: string;
  readonly cookie: string;

  private constructor(cloud: TestCloud, email: string, cookie: string) {
    this.cloud = cloud;
    this.email = email;
    this.cookie = cookie;
  }

  static async signUp(cloud: TestCloud, name = 'ann'): Promise<TestAccount> {
    const email = `${name}@example.test`;
    return TestAccount.#enter(cloud, '/api/auth/sign-up/email', { name, email, password });
  }

  static async signIn(cloud: TestCloud, name = 'ann'): Promise<TestAccount> {
    return TestAccount.#enter(cloud, '/api/auth/sign-in/email', { email: `${name}@example.test`, password });
  }

  static async #enter(
    cloud: TestCloud,
    path: string,
    body: { email: string; [member: string]: string },
  ): Promise<TestAccount> {
    const response = await cloud.post(path, body, { origin: cloud.url });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return new TestAccount(cloud, body.email, cookiesOf(response));
  }

  /** `POST /api/device/…` as the cloud's own page sends it. */
  async device(
    action: 'lookup' | 'approve' | 'deny',
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return this.cloud.post(`/api/device/${action}`, body, {
      origin: this.cloud.url,
      cookie: this.cookie,
      ...headers,
    });
  }

  /** What one of the cloud's own pages sends. */
  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return this.cloud.post(path, body, { origin: this.cloud.url, cookie: this.cookie, ...headers });
  }

  /** Approves with the match code that the initiating page shows. */
  async approve({ user_code, match_code }: MatchedCode, instanceName?: string): Promise<void> {
    const response = await this.device('approve', { user_code, match_code, instance_name: instanceName });
    if (!response.ok) throw new Error(`approve: ${response.status} ${await response.text()}`);
  }
}

export function cookiesOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((header) => header.split(';', 1)[0])
    .join('; ');
}

/** What an instance sends to register. */
export const instanceMetadata = {
  client_name: 'Holdfast instance',
  grant_types: ['client_credentials'],
  token_endpoint_auth_method: 'client_secret_basic',
  redirect_uris: [],
  response_types: [],
  software_id: 'holdfast',
  software_version: '0.1.0',
};

/** An instance that has registered. */
export class TestInstance {
  readonly cloud: TestCloud;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly registration: Registration & Members;

  private constructor(cloud: TestCloud, registration: Registration & Members) {
    this.cloud = cloud;
    this.registration = registration;
    this.clientId = registration.client_id;
    this.clientSecret = registration.client_secret;
  }

  static async register(
    cloud: TestCloud,
    metadata: Members = instanceMetadata,
    headers: Record<string, string> = {},
  ): Promise<TestInstance> {
    const response = await cloud.post('/reg', metadata, headers);
    if (response.status !== 201) throw new Error(`/reg: ${response.status} ${await response.text()}`);
    return new TestInstance(cloud, (await response.json()) as Registration & Members);
  }

  static async registerByKey(cloud: TestCloud, key: string): Promise<TestInstance> {
    return TestInstance.register(cloud, instanceMetadata, { authorization: `Bearer ${key}` });
  }

  /** The resource indicator of the instance, which its access tokens have as `aud`. */
  get resource(): string {
    return `${this.cloud.url}/instances/${this.clientId}`;
  }

  /** `Authorization` for the token endpoint (RFC 6749 section 2.3.1). */
  credentials(secret = this.clientSecret): { authorization: string } {
    return { authorization: `Basic ${Buffer.from(`${this.clientId}:${secret}`).toString('base64')}` };
  }

  async requestToken(parameters: Record<string, string> = {}): Promise<Response> {
    return this.cloud.postForm(
      '/token',
      { grant_type: 'client_credentials', ...parameters },
      this.credentials(),
    );
  }

  async token(): Promise<string> {
    const { access_token: token } = (await (await this.requestToken()).json()) as { access_token: string };
    return token;
  }

  async call(method: string, path: string, token: string, body?: unknown): Promise<Response> {
    return fetch(`${this.cloud.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  /** Asks the cloud whether an access token counts (RFC 7662). */
  async introspect({ access_token: token }: Pick<Tokens, 'access_token'>): Promise<Response> {
    return this.cloud.postForm('/token/introspection', { token }, this.credentials());
  }

  async isActive(tokens: Pick<Tokens, 'access_token'>): Promise<unknown> {
    return ((await (await this.introspect(tokens)).json()) as Members).active;
  }

  /** What the security event tokens say that it is told of, oldest first. */
  async events(body: Members = { returnImmediately: true }): Promise<SecurityEvent[]> {
    const response = await this.call('POST', '/api/instance/events', await this.token(), body);
    const { sets } = (await response.json()) as { sets: Record<string, string> };
    return Object.values(sets).map((set) => claimsOf({ access_token: set }) as SecurityEvent);
  }

  async claim(workspace: unknown): Promise<Response> {
    return this.call('PUT', '/api/instance/owner', await this.token(), { workspace });
  }
}

/** What an access token says, unverified. */
export function claimsOf({ access_token: token }: Pick<Tokens, 'access_token'>): Members {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Members;
}

/** The web app of an instance in one browser: a public client with a DPoP key. */
export class TestBrowser {
  readonly cloud: TestCloud;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
  readonly jkt: string;

  private constructor(cloud: TestCloud, privateKey: CryptoKey, publicJwk: JWK, jkt: string) {
    this.cloud = cloud;
    this.privateKey = privateKey;
    this.publicJwk = publicJwk;
    this.jkt = jkt;
  }

  static async open(cloud: TestCloud): Promise<TestBrowser> {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const publicJwk = await exportJWK(publicKey);
    return new TestBrowser(cloud, privateKey, publicJwk, await calculateJwkThumbprint(publicJwk));
  }

  /** A DPoP proof (RFC 9449 section 4.2) for the token endpoint, but for the members that a test changes. */
  async proof(header: Members = {}, claims: Members = {}): Promise<string> {
    const payload = {
      htm: 'POST',
      htu: `${this.cloud.url}/token`,
      iat: Math.floor(Date.now() / 1_000),
      jti: randomUUID(),
      ...claims,
    };
    return new SignJWT(JSON.parse(JSON.stringify(payload)) as Members)
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: this.publicJwk, ...header })
      .sign(this.privateKey);
  }

  /** What the page of the login answers when the approval page asks it (see `isApprovalProof`). */
  async approvalProof(
    claims: { aud: string; nonce: string; user_code: string },
    header: Members = {},
  ): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({
        alg: 'ES256',
        typ: 'holdfast-approval+jwt',
        jwk: this.publicJwk,
        ...header,
      })
      .sign(this.privateKey);
  }

  async requestDeviceCode(
    parameters: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return this.cloud.postForm(
      '/device/auth',
      { client_id: webClientId, scope: 'instance', dpop_jkt: this.jkt, ...parameters },
      headers,
    );
  }

  async startLogin({ resource }: { resource: string }): Promise<DeviceAuthorization> {
    const response = await this.requestDeviceCode({ resource });
    if (!response.ok) throw new Error(`/device/auth: ${response.status} ${await response.text()}`);
    return (await response.json()) as DeviceAuthorization;
  }

  async poll({ device_code }: { device_code: string }, proof?: string): Promise<Response> {
    return this.requestTokens({ grant_type: deviceCodeGrant, device_code }, proof);
  }

  async refresh(
    refreshToken: string,
    parameters: Record<string, string> = {},
    proof?: string,
  ): Promise<Response> {
    return this.requestTokens(
      { grant_type: 'refresh_token', refresh_token: refreshToken, ...parameters },
      proof,
    );
  }

  async requestTokens(parameters: Record<string, string>, proof?: string): Promise<Response> {
    return this.cloud.postForm(
      '/token',
      { client_id: webClientId, ...parameters },
      { dpop: proof ?? (await this.proof()) },
    );
  }

  /** The whole login: asked for here, approved by the account, redeemed here. */
  async signIn(instance: { resource: string }, account: TestAccount, instanceName?: string): Promise<Tokens> {
    const login = await this.startLogin(instance);
    await account.approve(login, instanceName);
    const response = await this.poll(login);
    if (!response.ok) throw new Error(`/token: ${response.status} ${await response.text()}`);
    return (await response.json()) as Tokens;
  }
}

/** A cloud's usual company: one instance, one account, one browser. */
export async function company(cloud: TestCloud) {
  const [instance, account, browser] = await Promise.all([
    TestInstance.register(cloud),
    TestAccount.signUp(cloud),
    TestBrowser.open(cloud),
  ]);
  return { instance, account, browser };
}
