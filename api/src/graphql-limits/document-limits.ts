import { type DocumentNode, GraphQLError, Lexer, type ParseOptions, parse, Source, TokenKind } from 'graphql';
import type { Access } from '../access/authentication.ts';
import {
  aliasesOf,
  costOf,
  depthOf,
  directivesOf,
  fieldsOf,
  introspectionsOf,
  operationsOf,
  repetitionsOf,
  spreadsOf,
} from './measures.ts';
import type { DefaultPageSizes } from './page-sizes.ts';

/** Who asks. Without a token there is little to ask for, and anybody may. */
export type Audience = Access['kind'];

interface Limit {
  readonly code: string;
  /** Far above what pages and people ask. The introspection of GraphiQL has 184 tokens, 230 fields and a depth of 15. */
  readonly most: number;
  /** Without a token, where it is another number: the largest document of a page has 25 fields. */
  readonly mostAnonymous?: number;
  /** What there is too much of, such as "aliases". */
  readonly what: string;
}

interface DocumentLimit extends Limit {
  readonly measure: (document: DocumentNode, defaultPageSizes: DefaultPageSizes) => number;
}

/** GraphQL counts the lines anew for each place that an error names. */
const lines: Limit = { code: 'too_many_lines', most: 1_000, what: 'lines' };
const tokens: Limit = { code: 'too_many_tokens', most: 2_000, mostAnonymous: 500, what: 'tokens' };
/** The parser calls itself for each. */
const nesting: Limit = { code: 'query_too_deep', most: 50, what: 'brackets within each other' };

/** In this order: some measures take the longer, the more there is of what those before them bound. */
const documentLimits: readonly DocumentLimit[] = [
  { code: 'too_many_operations', most: 20, measure: operationsOf, what: 'operations' },
  { code: 'too_many_aliases', most: 30, mostAnonymous: 5, measure: aliasesOf, what: 'aliases' },
  { code: 'too_many_directives', most: 30, mostAnonymous: 10, measure: directivesOf, what: 'directives' },
  { code: 'too_many_fragments', most: 50, measure: spreadsOf, what: 'spread fragments' },
  { code: 'query_too_deep', most: 16, measure: depthOf, what: 'levels of fields' },
  {
    ...{ code: 'too_many_fields', most: 500, mostAnonymous: 100, measure: fieldsOf },
    what: 'fields, fragments included',
  },
  {
    ...{ code: 'too_many_repetitions', most: 500, measure: repetitionsOf },
    what: 'pairs of fields with one name in one place',
  },
  { code: 'too_many_introspections', most: 4, measure: introspectionsOf, what: 'looks at the schema' },
  { code: 'query_too_expensive', most: 10_000, measure: costOf, what: 'values, pages multiplied' },
];

/**
 * Parses a document unless it is too long or too deep. Without a token its places are not kept, so that errors name none:
 * to look one up takes longer the longer the document is.
 *
 * @throws GraphQLError of its syntax, `too_many_tokens`, `too_many_lines` or `query_too_deep`
 */
export function parseWithinLimits(
  text: string | Source,
  audience: Audience,
  options?: ParseOptions,
): DocumentNode {
  const source = typeof text === 'string' ? new Source(text) : text;
  assertReadable(source, audience);
  return parse(source, { ...options, noLocation: audience === 'anonymous' });
}

/**
 * What a document has too much of, if anything. To be asked before the rules of GraphQL, some of which take a time that
 * grows with the square of what these limits bound.
 */
export function findExcess(
  document: DocumentNode,
  audience: Audience,
  defaultPageSizes: DefaultPageSizes,
): GraphQLError | undefined {
  const exceeded = documentLimits.find(
    (limit) => limit.measure(document, defaultPageSizes) > mostFor(limit, audience),
  );
  return exceeded && excess(exceeded, audience);
}

const opening = new Set<TokenKind>([TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L]);
const closing = new Set<TokenKind>([TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R]);

/** Reads the document once, without calling itself as the parser does. @throws GraphQLError */
function assertReadable(source: Source, audience: Audience): void {
  const lexer = new Lexer(source);
  let count = 0;
  let depth = 0;
  for (;;) {
    const { kind, line } = lexer.advance();
    if (line > mostFor(lines, audience)) throw excess(lines, audience);
    if (kind === TokenKind.EOF) return;
    count += 1;
    if (count > mostFor(tokens, audience)) throw excess(tokens, audience);
    if (opening.has(kind)) depth += 1;
    else if (closing.has(kind)) depth -= 1;
    if (depth > mostFor(nesting, audience)) throw excess(nesting, audience);
  }
}

function mostFor({ most, mostAnonymous = most }: Limit, audience: Audience): number {
  return audience === 'anonymous' ? mostAnonymous : most;
}

function excess(limit: Limit, audience: Audience): GraphQLError {
  return new GraphQLError(
    `The query has more than ${mostFor(limit, audience)} ${limit.what}. Ask for less at once.`,
    { extensions: { code: limit.code } },
  );
}
