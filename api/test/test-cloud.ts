// A small authorization server, independent of Holdfast's own cloud, that can be told to fail.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import { createKey, type Members, sign, signAccessToken, type TestKey } from './credentials.ts';
import { freePort } from './free-port.ts';

export interface TestOwner {
  readonly workspace: string;
  readonly workspace_name: string;
  readonly claimed_at: string;
}

/** Answers a request in the cloud's place; undefined lets it answer itself. */
export type Fault = (request: Request) => Promise<Response | undefined> | Response | undefined;

export class TestCloud implements AsyncDisposable {
  readonly issuer: string;
  readonly port: number;
  /** Client secrets by client ID: every instance that is registered. */
  readonly clients = new Map<string, string>();
  /** Registration access tokens by client ID. */
  readonly managementTokens = new Map<string, string>();
  readonly instanceTokens = new Set<string>();
  /** `METHOD /path` of each request. */
  readonly requests: string[] = [];
  fault: Fault = () => undefined;
  owner: TestOwner | null = null;
  name: string | null = null;
  /** Workspaces by registration key; each key is good once. */
  readonly registrationKeys = new Map<string, string>();
  /** What was registered in which attempt with a key, for whoever repeats it. */
  readonly attempts = new Map<string, { clientId: string; workspace: string | undefined }>();
  /** Whether nobody gets its answers to registrations. */
  losesRegistrations = false;
  /** Whether it has heard of registration keys. */
  knowsRegistrationKeys = true;
  /** Workspaces whose members approved a login. */
  readonly approved = new Set(['workspace-1', 'workspace-2']);
  instanceTokenSeconds = 600;
  /** Whether it tells instances whose access ended, which this one does only when asked to. */
  deliversEvents = false;
  /** What it says about access tokens when instances ask (RFC 7662). */
  isActive: (accessToken: string) => boolean = () => true;
  /** Security event tokens that were not acknowledged, by `jti`. */
  readonly events = new Map<string, string>();
  /** What the runs of instances call themselves that have asked for events. */
  readonly runs = new Set<unknown>();
  /** When another run began, in seconds since the epoch, as it tells all of them; null of a cloud that tells nothing of it. */
  otherRunSince: unknown = null;
  #server: Server | undefined;
  #keys: { kid: string; key: TestKey }[] = [];

  private constructor(port: number) {
    this.port = port;
    this.issuer = `http://localhost:${port}`;
  }

  static async start(): Promise<TestCloud> {
    const cloud = new TestCloud(await freePort());
    await cloud.rotateKeys();
    await cloud.up();
    return cloud;
  }

  /** Listens (again) at its address. */
  async up(): Promise<void> {
    const listener = getRequestListener(async (request) => this.#answer(request), {
      overrideGlobalObjects: false,
    });
    this.#server = createServer((incoming, outgoing) => void listener(incoming, outgoing));
    this.#server.listen(this.port, 'localhost');
    await once(this.#server, 'listening');
  }

  /** Goes away, for the time being. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }

  /** From now on it signs with a new key, and publishes the old ones along with it unless they are `withdrawn`. */
  async rotateKeys(withdrawn = false): Promise<void> {
    const next = { kid: randomUUID(), key: await createKey() };
    this.#keys = withdrawn ? [next] : [next, ...this.#keys];
  }

  get signingKey(): { kid: string; key: TestKey } {
    return this.#keys[0] as { kid: string; key: TestKey };
  }

  /** Of the instance that registered last. */
  get clientId(): string {
    const clientId = [...this.clients.keys()].at(-1);
    if (clientId === undefined) throw new Error('No instance has registered.');
    return clientId;
  }

  /** A user's access token for the registered instance. */
  async accessToken(browser: TestKey, claims: Members = {}, now = Date.now()): Promise<string> {
    const { kid, key } = this.signingKey;
    return signAccessToken({
      issuer: this.issuer,
      resource: `${this.issuer}/instances/${this.clientId}`,
      jkt: browser.jkt,
      kid,
      key: key.privateKey,
      now: Math.floor(now / 1_000),
      claims,
    });
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const route = `${request.method} ${pathname}`;
    this.requests.push(route);
    const faulty = await this.fault(request);
    if (faulty) return faulty;
    if (request.method === 'DELETE') return this.#deregister(request, pathname.replace('/reg/', ''));
    switch (route) {
      case 'GET /.well-known/oauth-authorization-server':
        return Response.json(this.metadata());
      case 'GET /jwks':
        return Response.json({
          keys: this.#keys.map(({ kid, key }) => ({ ...key.publicJwk, kid, use: 'sig', alg: 'ES256' })),
        });
      case 'POST /reg': {
        const answer = await this.#register(request);
        return this.losesRegistrations ? new Response(null, { status: 503 }) : answer;
      }
      case 'POST /token':
        return this.#token(request, new URLSearchParams(await request.text()));
      case 'POST /token/introspection':
        return this.#introspect(request, new URLSearchParams(await request.text()));
      case 'POST /api/instance/events':
        return this.#deliver(request);
      case 'GET /api/instance':
      case 'PUT /api/instance/owner':
      case 'PATCH /api/instance':
        return this.#instance(request, route);
      default:
        return Response.json({ error: 'not_found' }, { status: 404 });
    }
  }

  metadata(): Members {
    const { issuer } = this;
    return {
      issuer,
      token_endpoint: `${issuer}/token`,
      registration_endpoint: `${issuer}/reg`,
      device_authorization_endpoint: `${issuer}/device/auth`,
      introspection_endpoint: `${issuer}/token/introspection`,
      jwks_uri: `${issuer}/jwks`,
      response_types_supported: [],
      ...(this.deliversEvents && { holdfast_security_events_endpoint: `${issuer}/api/instance/events` }),
      holdfast_token_lifetimes: {
        access_token: 300,
        refresh_token_idle: 1_209_600,
        refresh_token_absolute: 7_776_000,
        instance_token: 600,
        device_code: 300,
        user_code: 300,
        device_poll_interval: 2,
      },
    };
  }

  /** Has something to deliver from now on: that the access of a subject ended (RFC 8417), but for what a test changes. */
  async endAccess(subject: Members, changes: Members = {}): Promise<string> {
    const jti = randomUUID();
    const { kid, key } = this.signingKey;
    const payload = {
      ...{ iss: this.issuer, aud: this.clientId, jti, iat: Math.floor(Date.now() / 1_000), sub_id: subject },
      events: { 'https://schemas.openid.net/secevent/caep/event-type/session-revoked': {} },
      ...changes,
    };
    this.events.set(jti, await sign({ alg: 'ES256', typ: 'secevent+jwt', kid }, payload, key.privateKey));
    return jti;
  }

  /** @see {@link https://www.rfc-editor.org/rfc/rfc8936#section-2.4 RFC 8936 section 2.4} */
  async #deliver(request: Request): Promise<Response> {
    const token = request.headers.get('authorization')?.replace('Bearer ', '') ?? '';
    if (!this.instanceTokens.has(token)) return Response.json({ error: 'invalid_token' }, { status: 401 });
    const { ack, setErrs, returnImmediately, run, otherRunSince } = (await request.json()) as {
      ack: string[];
      setErrs: Members;
      returnImmediately: boolean;
      run: unknown;
      otherRunSince?: unknown;
    };
    this.runs.add(run);
    for (const jti of [...ack, ...Object.keys(setErrs)]) this.events.delete(jti);
    const turns = returnImmediately ? 0 : 20;
    const isOver = () =>
      this.events.size > 0 ||
      (this.otherRunSince ?? undefined) !== otherRunSince ||
      !this.instanceTokens.has(token) ||
      request.signal.aborted;
    for (let turn = 0; turn < turns && !isOver(); turn += 1) await sleep(20);
    if (!this.instanceTokens.has(token)) return Response.json({ error: 'invalid_token' }, { status: 401 });
    const sets = Object.fromEntries(this.events);
    const other = this.otherRunSince === null ? {} : { otherRunSince: this.otherRunSince };
    return Response.json({ sets, moreAvailable: false, ...other });
  }

  async #register(request: Request): Promise<Response> {
    const metadata = (await request.json()) as Members;
    const authorization = request.headers.get('authorization');
    const isByKey = authorization !== null && this.knowsRegistrationKeys;
    const key = authorization?.replace('Bearer ', '') ?? '';
    const attempt = `${key} ${request.headers.get('idempotency-key')}`;
    const repeated = this.attempts.get(attempt);
    const workspace = repeated ? repeated.workspace : this.registrationKeys.get(key);
    if (repeated) this.clients.delete(repeated.clientId);
    else if (isByKey && !this.registrationKeys.delete(key)) {
      const headers = { 'www-authenticate': 'Bearer error="invalid_token"' };
      return Response.json({ error: 'invalid_token' }, { status: 401, headers });
    }
    const client_id = randomUUID();
    const client_secret = `secret-${randomUUID()}`;
    const registration_access_token = `management-${randomUUID()}`;
    this.clients.set(client_id, client_secret);
    this.managementTokens.set(client_id, registration_access_token);
    if (isByKey) this.attempts.set(attempt, { clientId: client_id, workspace });
    if (isByKey && workspace !== undefined) {
      this.owner = { workspace, workspace_name: workspace, claimed_at: new Date().toISOString() };
      this.name = 'Build machine';
    }
    return Response.json(
      {
        ...metadata,
        ...(isByKey && { instance: this.#description(client_id) }),
        client_id,
        client_secret,
        client_secret_expires_at: 0,
        registration_access_token,
        registration_client_uri: `${this.issuer}/reg/${client_id}`,
      },
      { status: 201 },
    );
  }

  #deregister(request: Request, clientId: string): Response {
    const token = request.headers.get('authorization')?.replace('Bearer ', '');
    if (token === undefined || this.managementTokens.get(clientId) !== token)
      return Response.json({ error: 'invalid_token' }, { status: 401 });
    this.clients.delete(clientId);
    this.managementTokens.delete(clientId);
    for (const instanceToken of this.instanceTokens)
      if (instanceToken.includes(clientId)) this.instanceTokens.delete(instanceToken);
    this.owner = null;
    this.name = null;
    return new Response(null, { status: 204 });
  }

  /** The client whose credentials a request carries; undefined if they are not good. */
  #clientOf(request: Request): string | undefined {
    const credentials = Buffer.from(
      request.headers.get('authorization')?.replace('Basic ', '') ?? '',
      'base64',
    );
    const [clientId = '', clientSecret] = credentials.toString().split(':').map(decodeURIComponent);
    return clientSecret !== undefined && this.clients.get(clientId) === clientSecret ? clientId : undefined;
  }

  #introspect(request: Request, body: URLSearchParams): Response {
    if (this.#clientOf(request) === undefined) return invalidClient();
    return Response.json({ active: this.isActive(body.get('token') ?? '') });
  }

  #token(request: Request, body: URLSearchParams): Response {
    const clientId = this.#clientOf(request);
    if (clientId === undefined) return invalidClient();
    if (body.get('grant_type') !== 'client_credentials')
      return Response.json({ error: 'unsupported_grant_type' }, { status: 400 });
    const access_token = `instance-${clientId}-${randomUUID()}`;
    this.instanceTokens.add(access_token);
    return Response.json({ access_token, token_type: 'Bearer', expires_in: this.instanceTokenSeconds });
  }

  async #instance(request: Request, route: string): Promise<Response> {
    const token = request.headers.get('authorization')?.replace('Bearer ', '') ?? '';
    if (!this.instanceTokens.has(token)) return Response.json({ error: 'invalid_token' }, { status: 401 });
    if (route === 'PUT /api/instance/owner') {
      const { workspace } = (await request.json()) as { workspace: string };
      if (!this.approved.has(workspace)) return Response.json({ error: 'not_approved' }, { status: 403 });
      if (this.owner && this.owner.workspace !== workspace)
        return Response.json({ error: 'already_claimed' }, { status: 409 });
      this.owner ??= { workspace, workspace_name: workspace, claimed_at: new Date().toISOString() };
      this.name ??= 'Lab';
    }
    if (route === 'PATCH /api/instance') {
      if (!this.owner) return Response.json({ error: 'unclaimed' }, { status: 409 });
      this.name = ((await request.json()) as { name: string }).name;
    }
    return Response.json(this.#description(this.clientId));
  }

  #description(client_id: string): Members {
    return { client_id, name: this.name, registered_at: new Date(0).toISOString(), owner: this.owner };
  }
}

function invalidClient(): Response {
  const body = { error: 'invalid_client', error_description: 'client authentication failed' };
  return Response.json(body, { status: 401 });
}

/** Answers requests to `paths` with an error that quotes all that was sent. */
export function quoting(status: number, ...paths: string[]): Fault {
  return async (request) => {
    if (!paths.includes(new URL(request.url).pathname)) return undefined;
    const authorization = request.headers.get('authorization') ?? '';
    const credentials = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
    const secret = decodeURIComponent(credentials.split(':')[1] ?? '');
    const sent = `${secret} ${authorization} ${credentials} ${await request.text()}`;
    return Response.json({ error: 'invalid_client', error_description: `You sent ${sent}` }, { status });
  };
}
