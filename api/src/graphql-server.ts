import type { IncomingMessage, ServerResponse } from 'node:http';
import { GraphQLError, parse, type ValidationRule, validate } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { Access } from './access/authentication.ts';
import { BoundedMap } from './bounded-map.ts';
import { describeError } from './errors.ts';
import type { Logger } from './logger.ts';
import type { GraphQLContext, InstanceModel } from './schema/context.ts';
import { unauthenticatedError } from './schema/errors.ts';
import { schema } from './schema/index.ts';

/** Answers a GraphQL request whose sender has been judged. */
export type GraphQLHandler = (
  request: GraphQLRequest,
  outgoing: ServerResponse,
  access: Access,
) => Promise<void>;

/** A POST whose body was read. */
export interface GraphQLRequest {
  readonly incoming: IncomingMessage;
  readonly body: string;
  readonly url: string;
}

/** The introspection of GraphiQL has about 300 tokens; more than this many are no question of a person. */
const maxTokens = 2_000;
const rememberedDocuments = 64;

/** GraphQL over HTTP for one instance; what a request must be to get here is the HTTP server's business. */
export function createGraphQLHandler(instance: InstanceModel, logger: Logger): GraphQLHandler {
  // Two, because each remembers documents that it found valid, and without a token fewer are.
  const anonymous = createServer([limitedParsing, secretiveValidation], logger);
  const authenticated = createServer([limitedParsing], logger);
  return async ({ incoming, body, url }, outgoing, access) => {
    const { fetchAPI, handleRequest } = access.kind === 'anonymous' ? anonymous : authenticated;
    // The headers of Node.js stand in for a HeadersInit: Yoga's Request reads them as they are.
    const headers = incoming.headers as Record<string, string>;
    const response = await handleRequest(new fetchAPI.Request(url, { method: 'POST', headers, body }), {
      access,
      instance,
    });
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(await response.text());
  };
}

function createServer(plugins: Plugin[], logger: Logger) {
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
    plugins,
  });
}

const limitedParsing: Plugin = {
  onParse({ setParseFn }) {
    setParseFn((source, options) => parse(source, { ...options, maxTokens }));
  },
};

/** Without a token the schema stays unknown: no introspection, and no "Did you mean". */
const secretiveValidation: Plugin = {
  onValidate({ setValidationFn }) {
    setValidationFn((schema, document, rules, options) =>
      validate(schema, document, [...(rules ?? []), noIntrospection], { ...options, hideSuggestions: true }),
    );
  },
};

const noIntrospection: ValidationRule = (context) => ({
  Field({ name }) {
    if (name.value === '__schema' || name.value === '__type') context.reportError(unauthenticatedError());
  },
});

/** Errors that were thrown on purpose pass; whatever else happened goes to the log and not to the client. */
function maskError(error: unknown, logger: Logger): Error {
  if (error instanceof GraphQLError && (!error.originalError || error.originalError instanceof GraphQLError))
    return error;
  const original = error instanceof GraphQLError ? error.originalError : error;
  logger.error({ err: describeError(original) }, 'a GraphQL request failed');
  return new GraphQLError('The instance could not answer. Try again; if it stays so, look into its log.', {
    ...(error instanceof GraphQLError && { nodes: error.nodes ?? null, path: error.path ?? null }),
    extensions: { code: 'internal_error' },
  });
}
