// What every request of the web app passes through, so it goes straight from node:http to Yoga: each copy of a request
// or response into another form would cost as much as answering it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Access,
  type AuthenticationInput,
  type AuthenticationOptions,
  authenticate,
  tokenIn,
} from '../access/authentication.ts';
import type { ChangeConfirmation } from '../access/change-confirmation.ts';
import { AccessError, type AccessErrorCode } from '../access/errors.ts';
import { type AccessTokenClaims, accountOf } from '../access/token-verification.ts';
import type { Refusal } from '../activity/refusal-log.ts';
import type { GraphQLHandler } from '../graphql-server.ts';
import type { Account, RequestSource } from '../requester.ts';
import type { ClientAddressOf } from './client-address.ts';
import type { OriginPolicy } from './cors.ts';
import type { EventStreams } from './event-streams.ts';
import { type Failure, writeFailure } from './failure.ts';
import type { RequestLimits } from './request-limits.ts';

const maximumBodyBytes = 131_072;
/** Without a token there is little to ask for. */
const maximumAnonymousCharacters = 16_384;

/** Of the ways not to be let in, those that say something about the credentials. */
const refusedCredentials: ReadonlySet<string> = new Set<AccessErrorCode>([
  'invalid_token',
  'invalid_dpop_proof',
  'access_denied',
]);

export interface GraphQLEndpointOptions {
  readonly origins: OriginPolicy;
  readonly authentication: AuthenticationOptions;
  /** Judges the tokens of requests that change something once more. */
  readonly confirmation: ChangeConfirmation;
  readonly limits: RequestLimits;
  readonly graphql: GraphQLHandler;
  readonly streams: EventStreams;
  readonly clientAddressOf: ClientAddressOf;
  readonly observer: RequestObserver;
}

/** Hears of every request that came with credentials. */
export interface RequestObserver {
  /** A member was let in. */
  noteUse(account: Account, token: AccessTokenClaims, source: RequestSource): void;
  noteRefusal(refusal: Refusal): void;
}

/** Answers `POST /graphql` to `ownOrigin`, by which the client addressed the instance; throws what is not its business. */
export type GraphQLEndpoint = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  ownOrigin: string,
) => Promise<void>;

export function createGraphQLEndpoint(options: GraphQLEndpointOptions): GraphQLEndpoint {
  const { authentication, limits, graphql, streams, clientAddressOf } = options;
  return async (incoming, outgoing, ownOrigin) => {
    outgoing.setHeader('Cache-Control', 'no-store');
    const authorization = headerOf(incoming, 'authorization');
    const nonce = authorization === undefined ? undefined : authentication.proofs.nonce;
    if (nonce !== undefined) outgoing.setHeader('DPoP-Nonce', nonce);
    const refusal = limits.admit(incoming, authorization) ?? refusalOf(incoming);
    if (refusal) {
      writeFailure(outgoing, refusal);
      return;
    }
    const body = await readBody(incoming);
    if (body === undefined) {
      // The rest of the body stays unread, so the connection is of no further use.
      outgoing.once('finish', () => incoming.destroy());
      outgoing.setHeader('Connection', 'close');
      writeFailure(outgoing, tooLarge(`${maximumBodyBytes} bytes`));
      return;
    }
    if (authorization === undefined && body.length > maximumAnonymousCharacters) {
      writeFailure(outgoing, tooLarge(`${maximumAnonymousCharacters} characters`));
      return;
    }
    const url = `${ownOrigin}/graphql`;
    const source = sourceOf(incoming, clientAddressOf);
    const credentials = { method: 'POST', url, authorization, dpop: headerOf(incoming, 'dpop') };
    const noticing = async <Result>(act: Promise<Result>): Promise<Result> =>
      noticeRefusal(act, incoming, source, options);
    const access = await noticing(judge(credentials, source, options));
    const confirmChange = async () => {
      if (access.kind === 'authenticated')
        await noticing(options.confirmation.confirm(tokenIn(authorization), access.claims));
    };
    const request = { incoming, body, url, source, confirmChange };
    const results = await graphql(request, outgoing, access);
    if (results === undefined) return;
    if (access.kind === 'anonymous') {
      await results[Symbol.asyncIterator]().return?.();
      throw new TypeError('Only members may subscribe.');
    }
    const tooMany = await streams.send(results, outgoing, access.claims);
    if (tooMany) writeFailure(outgoing, tooMany);
  };
}

/** Judges the credentials of a request, and tells the observer of a member. @throws AccessError */
async function judge(
  credentials: AuthenticationInput,
  source: RequestSource,
  { authentication, observer }: GraphQLEndpointOptions,
): Promise<Access> {
  const access = await authenticate(credentials, authentication);
  if (access.kind === 'authenticated' && access.isMember)
    observer.noteUse(accountOf(access.claims), access.claims, source);
  return access;
}

/** Tells the observer when `act` refuses the credentials of a request. @throws what `act` does */
async function noticeRefusal<Result>(
  act: Promise<Result>,
  incoming: IncomingMessage,
  source: RequestSource,
  { limits, observer }: GraphQLEndpointOptions,
): Promise<Result> {
  try {
    return await act;
  } catch (error) {
    if (error instanceof AccessError && refusedCredentials.has(error.code)) {
      limits.countRefusal(incoming);
      observer.noteRefusal({ code: error.code, message: error.message, account: error.account, source });
    }
    throw error;
  }
}

/** Read when it is asked for: most requests are of sessions that were seen a moment ago. */
function sourceOf(incoming: IncomingMessage, clientAddressOf: ClientAddressOf): RequestSource {
  return {
    get address() {
      return clientAddressOf(incoming) || undefined;
    },
    userAgent: incoming.headers['user-agent'],
  };
}

function refusalOf({ headers }: IncomingMessage): Failure | undefined {
  // Of the types that a page may send without a preflight, none is JSON.
  if (headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    return {
      status: 415,
      code: 'unsupported_media_type',
      message: 'Send the query as JSON, with Content-Type: application/json.',
    };
  }
  return undefined;
}

function tooLarge(most: string): Failure {
  return { status: 413, code: 'too_large', message: `The request is larger than ${most}.` };
}

/** The body as text; undefined if it is larger than it may be. */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  if (Number(incoming.headers['content-length'] ?? 0) > maximumBodyBytes) return undefined;
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  const chunks: Buffer[] = [];
  let size = 0;
  incoming
    .on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maximumBodyBytes) chunks.push(chunk);
      else resolve(undefined);
    })
    .once('end', () => resolve(Buffer.concat(chunks).toString()))
    .once('error', reject);
  return promise;
}

/** Of several headers of one name, Node.js keeps the first `Authorization`; here they are joined, and so refused. */
function headerOf({ rawHeaders }: IncomingMessage, name: string): string | undefined {
  let value: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index];
    if (given?.length !== name.length || given.toLowerCase() !== name) continue;
    const text = rawHeaders[index + 1] ?? '';
    value = value === undefined ? text : `${value}, ${text}`;
  }
  return value;
}
