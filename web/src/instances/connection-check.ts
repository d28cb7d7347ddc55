import { stringifyDocument } from 'urql';
import { isLoopbackHost } from '../auth/secure-context.ts';
import { graphql } from '../graphql/generated/gql.ts';
import type { ConnectionCheckQuery } from '../graphql/generated/graphql.ts';

/** What stands at an address, seen from this page. Messages say what is wrong and the one thing to do about it. */
export type ConnectionReport =
  | {
      status: 'online';
      state: 'UNREGISTERED' | 'UNCLAIMED' | 'CLAIMED';
      version: string;
      issuer: string;
      /** Its resource identifier, the same under each of its addresses; undefined until it is registered. */
      resource: string | undefined;
      /** Positive when the instance's clock is ahead of this device's; one second of tolerance. */
      clockSkewSeconds: number;
    }
  | { status: 'origin-refused'; message: string }
  | { status: 'not-an-instance'; message: string }
  | { status: 'offline'; message: string };

export interface ConnectionCheckOptions {
  fetch?: typeof fetch;
  signal?: AbortSignal;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** Milliseconds that an instance has for its answer. */
export const connectionTimeoutMilliseconds = 5_000;

const ConnectionCheckDocument = graphql(`
  query ConnectionCheck {
    instance {
      state
      version
      resource
      cloud {
        issuer
      }
    }
  }
`);

/**
 * Finds out what stands at an instance's address, without a token.
 *
 * @param url Origin of the instance
 * @throws the reason of `options.signal` when the caller cancels
 */
export async function checkConnection(
  url: string,
  options: ConnectionCheckOptions = {},
): Promise<ConnectionReport> {
  if (isMixedContent(url)) return mixedContent(url);
  const now = options.now ?? Date.now;
  const sentAt = now();
  let response: Response;
  let body: unknown;
  try {
    response = await send(`${url}/graphql`, options, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
      },
      body: JSON.stringify({ query: stringifyDocument(ConnectionCheckDocument) }),
    });
    body = await readJson(response);
  } catch (error) {
    options.signal?.throwIfAborted();
    return isTimeout(error) ? tooSlow(url) : await diagnoseSilence(url, options);
  }
  if (!isConnectionCheck(body)) return notAnInstance(url, response.status);
  const { state, version, cloud, resource } = body.data.instance;
  const clockSkewSeconds = skewSeconds(response.headers.get('date'), (sentAt + now()) / 2);
  return {
    status: 'online',
    state,
    version,
    issuer: cloud.issuer,
    resource: resource ?? undefined,
    clockSkewSeconds,
  };
}

/**
 * A rejected fetch says nothing about why. An opaque request needs no permission by the server, so its success tells
 * a server that refuses this origin from one that is not there.
 */
async function diagnoseSilence(url: string, options: ConnectionCheckOptions): Promise<ConnectionReport> {
  try {
    // Fetch refuses opaque requests that do not follow redirects; nobody reads where one would lead.
    await send(`${url}/healthz`, options, { mode: 'no-cors', redirect: 'follow' });
  } catch (error) {
    options.signal?.throwIfAborted();
    return isTimeout(error) ? tooSlow(url) : offline(url);
  }
  if (url === location.origin) return offline(url);
  return (await isCloud(url, options)) ? cloudInstead(url) : originRefused(url);
}

/** A cloud tells every page who it is, and its address is printed right beside that of the instance. */
async function isCloud(url: string, options: ConnectionCheckOptions): Promise<boolean> {
  try {
    const metadata = await readJson(
      await send(`${url}/.well-known/oauth-authorization-server`, options, {
        headers: { accept: 'application/json' },
      }),
    );
    return (metadata as { issuer?: unknown } | null | undefined)?.issuer === url;
  } catch {
    options.signal?.throwIfAborted();
    return false;
  }
}

async function send(url: string, options: ConnectionCheckOptions, init: RequestInit): Promise<Response> {
  const timeout = AbortSignal.timeout(connectionTimeoutMilliseconds);
  return await (options.fetch ?? globalThis.fetch)(url, {
    cache: 'no-store',
    credentials: 'omit',
    redirect: 'manual',
    ...init,
    signal: options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]),
  });
}

/** The body as JSON; undefined when it is something else. Rejects when the connection breaks. */
async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isConnectionCheck(body: unknown): body is { data: ConnectionCheckQuery } {
  const instance = (
    body as
      | { data?: { instance?: Partial<ConnectionCheckQuery['instance']> | null } | null }
      | null
      | undefined
  )?.data?.instance;
  return (
    (instance?.state === 'UNREGISTERED' ||
      instance?.state === 'UNCLAIMED' ||
      instance?.state === 'CLAIMED') &&
    typeof instance.version === 'string' &&
    typeof instance.cloud?.issuer === 'string'
  );
}

/** The `Date` header counts whole seconds, so on average it lies half a second back. */
function skewSeconds(date: string | null, atMilliseconds: number): number {
  const theirs = date === null ? Number.NaN : Date.parse(date) + 500;
  return Number.isNaN(theirs) ? 0 : Math.round((theirs - atMilliseconds) / 1000);
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

/** Browsers block http requests of https pages, except to the machine itself. */
function isMixedContent(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return location.protocol === 'https:' && protocol === 'http:' && !isLoopbackHost(hostname);
}

function mixedContent(url: string): ConnectionReport {
  return {
    status: 'offline',
    message: `This page came by https, so the browser does not let it talk to ${url}, which is plain http. Put that instance behind https, or open ${url} directly.`,
  };
}

function tooSlow(url: string): ConnectionReport {
  return {
    status: 'offline',
    message: `${url} did not answer within ${connectionTimeoutMilliseconds / 1000} seconds. Check that the instance is running and that no firewall is in the way.`,
  };
}

function offline(url: string): ConnectionReport {
  // A browser does not tell a page whether it distrusts a certificate.
  const distrust = url.startsWith('https:')
    ? ' If it has made its certificate itself, open the address in a tab of its own first, compare the fingerprint with the one in its terminal, and trust it there.'
    : '';
  return {
    status: 'offline',
    message: `Nothing answers at ${url}. Check that the instance is running and that the address is right.${distrust}`,
  };
}

/** An opaque answer does not say whose it is, so the advice holds for instances only. */
function originRefused(url: string): ConnectionReport {
  return {
    status: 'origin-refused',
    message: `A server answers at ${url}, but it does not let this page talk to it. If it is an instance, start it with --allow-origin ${location.origin}, or open ${url} directly.`,
  };
}

function cloudInstead(url: string): ConnectionReport {
  return {
    status: 'not-an-instance',
    message: `${url} is a cloud, where people have their accounts, and not an instance. Enter the address that the instance printed when it started.`,
  };
}

function notAnInstance(url: string, status: number): ConnectionReport {
  return {
    status: 'not-an-instance',
    message: `A server answers at ${url}${status >= 400 ? ` with the error ${status}` : ''}, but not as a Holdfast instance does. Check the address and the port.`,
  };
}
