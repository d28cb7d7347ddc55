import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GraphQLError, validate } from 'graphql';
import { createYoga, isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Access } from './access/authentication.ts';
import { dpopChallenge } from './access/www-authenticate.ts';
import type { Activity } from './activity/activity.ts';
import { BoundedMap } from './bounded-map.ts';
import { describeError, internalErrorMessage } from './errors.ts';
import { type Audience, findExcess, parseWithinLimits } from './graphql-limits/document-limits.ts';
import { introspectionsOf } from './graphql-limits/measures.ts';
import { type DefaultPageSizes, defaultPageSizesOf } from './graphql-limits/page-sizes.ts';
import { findVariableExcess } from './graphql-limits/variable-limits.ts';
import type { ResultStream } from './http/event-stream.ts';
import { failureBody } from './http/failure.ts';
import type { Logger } from './logger.ts';
import { once } from './once.ts';
import type { RequestSource } from './requester.ts';
import type { ChangeInQuestion, GraphQLContext, InstanceModel } from './schema/context.ts';
import { unauthenticatedError } from './schema/errors.ts';
import { schemaOfInstances } from './schema/index.ts';

/**
 * Answers a GraphQL request whose sender has been judged; of a subscription it returns the results, which the caller
 * sends and leaves.
 */
export type GraphQLHandler = (
  request: GraphQLRequest,
  outgoing: ServerResponse,
  access: Access,
) => Promise<ResultStream | undefined>;

/** A POST whose body was read. */
export interface GraphQLRequest {
  readonly incoming: IncomingMessage;
  readonly body: string;
  readonly url: string;
  readonly source: RequestSource;
  /** Asked before anything is changed. @throws what the caller of the handler gets */
  readonly confirmChange: () => Promise<void>;
}

type RequestPlugin = Plugin<GraphQLContext>;

const rememberedDocuments = 64;

export interface GraphQLHandlerOptions {
  readonly instance: InstanceModel;
  readonly activity: Activity;
  readonly logger: Logger;
}

/** GraphQL over HTTP for one instance; what a request must be to get here is the HTTP server's business. */
export function createGraphQLHandler({ instance, activity, logger }: GraphQLHandlerOptions): GraphQLHandler {
  // Two, because each remembers documents that it found valid, and without a token fewer are.
  const anonymous = once(() => createServer('anonymous', logger));
  const authenticated = once(() => createServer('authenticated', logger));
  return async ({ incoming, body, url, source, confirmChange }, outgoing, access) => {
    const { fetchAPI, handleRequest } = access.kind === 'anonymous' ? anonymous() : authenticated();
    // The headers of Node.js stand in for a HeadersInit: Yoga's Request reads them as they are.
    const headers = incoming.headers as Record<string, string>;
    const change: ChangeInQuestion = { confirm: confirmChange };
    // Inherited, because Yoga copies each property of its own by its descriptor.
    const context = Object.create({
      access,
      source,
      instance,
      activity,
      change,
    } satisfies GraphQLContext) as GraphQLContext;
    const response = await handleRequest(
      new fetchAPI.Request(url, { method: 'POST', headers, body }),
      context,
    );
    if (change.refusal !== undefined) throw change.refusal;
    const results = takenOver.get(response);
    if (results) return results;
    if (response.status === 401) outgoing.setHeader('WWW-Authenticate', dpopChallenge(url));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(await response.text());
    return undefined;
  };
}

function createServer(audience: Audience, logger: Logger) {
  const schema = schemaOfInstances();
  return createYoga<GraphQLContext>({
    schema,
    graphqlEndpoint: '/graphql',
    graphiql: false,
    landingPage: false,
    cors: false,
    batching: false,
    multipart: false,
    // Whoever hands the request over has limited it.
    maxRequestBodySize: false,
    logging: false,
    // Bounded in number here and in size by the limit on bodies: nobody can fill the memory with documents.
    parserAndValidationCache: {
      documentCache: new BoundedMap(rememberedDocuments),
      errorCache: new BoundedMap(rememberedDocuments),
    },
    maskedErrors: { maskError: (error) => maskError(error, logger) },
    plugins: [takeOverStreams, limitsFor(audience, defaultPageSizesOf(schema))],
  });
}

/** For clients of subscriptions that accept no event stream. */
const notAcceptable: [string, ResponseInit] = [
  JSON.stringify(
    failureBody({
      code: 'not_acceptable',
      message: 'A subscription is answered as an event stream only: send Accept: text/event-stream.',
    }),
  ),
  { status: 406, headers: { 'Content-Type': 'application/json' } },
];

/** The results of subscriptions, by the empty responses that stand for them. */
const takenOver = new WeakMap<Response, ResultStream>();

/** Takes subscriptions over as they are: what Yoga would make of them knows neither limits nor the end of a token. */
const takeOverStreams: RequestPlugin = {
  onResultProcess(hook) {
    const { result, resultProcessor } = hook;
    if (!isAsyncIterable(result)) return undefined;
    if (resultProcessor) {
      hook.setResultProcessor((_result, { Response }) => {
        const response = new Response();
        takenOver.set(response, result);
        return response;
      }, 'text/event-stream');
      return undefined;
    }
    hook.setResultProcessor((_result, { Response }) => new Response(...notAcceptable), 'application/json');
    return leave(result);
  },
};

/** Yoga does so only with results that it sends itself. */
async function leave(results: ResultStream): Promise<void> {
  await results[Symbol.asyncIterator]().return?.();
}

/** Each may repeat what it is about, and nobody reads many. */
const mostErrors = 5;

/** Without a token the schema stays unknown besides: no introspection, and no "Did you mean". */
function limitsFor(audience: Audience, defaultPageSizes: DefaultPageSizes): RequestPlugin {
  const hideSuggestions = audience === 'anonymous';
  return {
    onParams({ params: { variables }, setResult }) {
      const excess = findVariableExcess(variables, audience);
      if (excess) setResult({ errors: [excess] });
    },
    onParse({ setParseFn }) {
      setParseFn((source, options) => parseWithinLimits(source, audience, options));
    },
    onValidate({ setValidationFn }) {
      setValidationFn((schema, document, rules) => {
        if (audience === 'anonymous' && introspectionsOf(document) > 0) return [unauthenticatedError()];
        const excess = findExcess(document, audience, defaultPageSizes);
        if (excess) return [excess];
        const errors = validate(schema, document, rules, { maxErrors: mostErrors, hideSuggestions });
        return hideSuggestions ? errors.map(withoutSuggestion) : errors;
      });
    },
    // Variables are judged as the execution begins, before anybody is asked for a scope.
    onExecute({ args }) {
      Object.assign(args, { hideSuggestions });
    },
    onSubscribe({ args }) {
      Object.assign(args, { hideSuggestions });
    },
  };
}

/** The rule that wants subfields suggests them whatever it is told. */
function withoutSuggestion(error: GraphQLError): GraphQLError {
  const { message, nodes, extensions } = error;
  const rest = message.replace(/ Did you mean .*$/s, '');
  return rest === message ? error : new GraphQLError(rest, { nodes: nodes ?? null, extensions });
}

/** Errors that were thrown on purpose pass; whatever else happened goes to the log, under an id that the client gets. */
function maskError(error: unknown, logger: Logger): Error {
  if (error instanceof GraphQLError && (!error.originalError || error.originalError instanceof GraphQLError))
    return error;
  const original = error instanceof GraphQLError ? error.originalError : error;
  const errorId = randomUUID();
  logger.error({ errorId, err: describeError(original) }, 'a GraphQL request failed');
  return new GraphQLError(internalErrorMessage(errorId), {
    ...(error instanceof GraphQLError && { nodes: error.nodes ?? null, path: error.path ?? null }),
    extensions: { code: 'internal_error', errorId },
  });
}
