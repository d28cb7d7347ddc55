import { type DocumentNode, GraphQLError, parse } from 'graphql';
import { aliasesOf, costOf, depthOf, directivesOf, fieldsOf, operationsOf, spreadsOf } from './measures.ts';

interface Limit {
  readonly code: string;
  /** Far above what pages and people ask. The introspection of GraphiQL has 184 tokens, 230 fields and a depth of 15. */
  readonly most: number;
  readonly measure: (document: DocumentNode) => number;
  /** What there is too much of, such as "aliases". */
  readonly what: string;
}

const mostTokens = 2_000;

const limits: readonly Limit[] = [
  { code: 'too_many_operations', most: 20, measure: operationsOf, what: 'operations' },
  { code: 'too_many_aliases', most: 30, measure: aliasesOf, what: 'aliases' },
  { code: 'too_many_directives', most: 30, measure: directivesOf, what: 'directives' },
  { code: 'too_many_fragments', most: 50, measure: spreadsOf, what: 'spread fragments' },
  { code: 'query_too_deep', most: 16, measure: depthOf, what: 'levels of fields' },
  { code: 'too_many_fields', most: 500, measure: fieldsOf, what: 'fields, fragments included' },
  { code: 'query_too_expensive', most: 10_000, measure: costOf, what: 'values, pages multiplied' },
];

/**
 * Parses a document unless it is too long.
 *
 * @throws GraphQLError of its syntax, or `too_many_tokens`
 */
export function parseWithinLimits(...[source, options]: Parameters<typeof parse>): DocumentNode {
  try {
    return parse(source, { ...options, maxTokens: mostTokens });
  } catch (error) {
    // graphql-js has no code for it.
    if (error instanceof GraphQLError && error.message.includes(`more than ${mostTokens} tokens`)) {
      throw excess('too_many_tokens', mostTokens, 'tokens');
    }
    throw error;
  }
}

/**
 * What a document has too much of, if anything. To be asked before the rules of GraphQL, some of which take a time that
 * grows with the square of what these limits bound.
 */
export function findExcess(document: DocumentNode): GraphQLError | undefined {
  const exceeded = limits.find(({ measure, most }) => measure(document) > most);
  return exceeded && excess(exceeded.code, exceeded.most, exceeded.what);
}

function excess(code: string, most: number, what: string): GraphQLError {
  return new GraphQLError(`The query has more than ${most} ${what}. Ask for less at once.`, {
    extensions: { code },
  });
}
