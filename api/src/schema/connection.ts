import { decodeCursor, encodeCursor, type Page, type Position } from '../activity/page.ts';
import { invalidArgumentError } from './errors.ts';

/** A page of a list with a cursor for each item, as GraphQL clients know it. */
export interface Connection<Node> {
  readonly edges: readonly Edge<Node>[];
  readonly pageInfo: PageInfoModel;
}

export interface Edge<Node> {
  readonly cursor: string;
  readonly node: Node;
}

export interface PageInfoModel {
  readonly endCursor: string | undefined;
  readonly hasNextPage: boolean;
}

/** The two arguments of every connection. */
interface ConnectionArguments {
  readonly first: number;
  readonly after?: string | null | undefined;
}

const largestPage = 100;

/**
 * Answers a connection with the page that its arguments ask for.
 *
 * @param read reads the newest `first` items after a position, or from the beginning
 * @throws GraphQLError `invalid_argument`
 */
export function connectionOf<Node>(
  { first, after }: ConnectionArguments,
  read: (first: number, position: Position | undefined) => Page<Node>,
  positionOf: (node: Node) => Position,
): Connection<Node> {
  if (first < 1 || first > largestPage)
    throw invalidArgumentError(`Ask for 1 to ${largestPage} items at once (first).`);
  const position = typeof after === 'string' ? decodeCursor(after) : undefined;
  if (typeof after === 'string' && position === undefined)
    throw invalidArgumentError('That is no cursor of this list (after). Begin without one.');
  const { items, hasMore } = read(first, position);
  const edges = items.map((node) => ({ cursor: encodeCursor(positionOf(node)), node }));
  return { edges, pageInfo: { endCursor: edges.at(-1)?.cursor, hasNextPage: hasMore } };
}
