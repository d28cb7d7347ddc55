import { hash } from 'node:crypto';
import { Agent } from 'node:http';
import { anotherNetwork } from './another-network.ts';
import type { Approve, Page } from './approvals.ts';
import { exchange, type Outgoing } from './exchange.ts';
import { dpopProof, jwtSigner, type ProofHeaders, proofHeadersOf, type SignJwt } from './proofs.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const client = { client_id: 'holdfast-web' };

/** Where the page of the instance comes from. */
const pageOrigin = 'http://localhost:1';

const deviceCodeGrant = 'urn:ietf:params:oauth:grant-type:device_code';

export interface PersonOptions {
  readonly cloudUrl: string;
  readonly resource: string;
  /** How this person approves on the cloud's pages, where a session is open. */
  readonly approve: Approve;
}

interface TokenResponse {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** Somebody who signs in to one instance again and again, in the page of the instance and in the cloud's. */
export class Person implements Disposable {
  readonly #options: PersonOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #thumbprint: string;
  readonly #sign: SignJwt;
  #proofs: string[] = [];
  #refreshToken = '';

  private constructor(options: PersonOptions, thumbprint: string, sign: SignJwt) {
    this.#options = options;
    this.#thumbprint = thumbprint;
    this.#sign = sign;
  }

  static async with(options: PersonOptions): Promise<Person> {
    const keyPair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ]);
    const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', keyPair.publicKey);
    const thumbprint = hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url');
    return new Person(options, thumbprint, await jwtSigner(keyPair));
  }

  /** Signs DPoP proofs for as many token requests beforehand, so that this work does not compete with the server's. */
  prepare(tokenRequests: number): void {
    const url = `${this.#options.cloudUrl}/token`;
    this.#proofs = Array.from({ length: tokenRequests }, () => dpopProof(this.#sign, url));
  }

  /**
   * One device login (RFC 8628): asked for by the instance's page, looked at and approved in the same browser at the
   * cloud's, and redeemed by the instance's page.
   */
  async signIn(): Promise<TokenResponse> {
    const { resource } = this.#options;
    const parameters = { ...client, scope: 'instance', resource, dpop_jkt: this.#thumbprint };
    const login = await this.#post<{ device_code: string; user_code: string }>(
      '/device/auth',
      String(new URLSearchParams(parameters)),
      { ...form, origin: pageOrigin },
    );
    await this.#options.approve(this.#page, login.user_code, this.#sign);
    return this.#requestTokens({ grant_type: deviceCodeGrant, device_code: login.device_code });
  }

  /** One renewal of the tokens, with the refresh token of the last. */
  async refresh(): Promise<TokenResponse> {
    return this.#requestTokens({ grant_type: 'refresh_token', refresh_token: this.#refreshToken });
  }

  /** What a POST to `url`, at the instance, carries with it. */
  credentialsFor(url: string, accessToken: string): ProofHeaders {
    return proofHeadersOf(this.#sign, url, accessToken);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  async #requestTokens(parameters: Record<string, string>): Promise<TokenResponse> {
    const dpop = this.#proofs.pop();
    if (dpop === undefined) throw new TypeError('prepare() has signed too few proofs');
    const body = String(new URLSearchParams({ ...client, ...parameters }));
    const tokens = await this.#post<TokenResponse>('/token', body, { ...form, dpop });
    this.#refreshToken = tokens.refresh_token;
    return tokens;
  }

  readonly #page: Page = async (path, { headers, ...outgoing }) => {
    const url = `${this.#options.cloudUrl}${path}`;
    const answer = await exchange(this.#agent, url, {
      ...outgoing,
      headers: { ...headers, ...anotherNetwork() },
    });
    if (answer.status !== 200) throw new Error(`${url} answered ${answer.status} ${answer.text}`);
    return answer.text;
  };

  async #post<Body>(path: string, body: string, headers: Outgoing['headers']): Promise<Body> {
    return JSON.parse(await this.#page(path, { headers, body })) as Body;
  }
}
