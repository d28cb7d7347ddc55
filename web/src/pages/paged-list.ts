/** One page of a list that is longer, newest first, as instances answer it. */
export interface ListPage<Item> {
  readonly edges: readonly { readonly node: Item }[];
  readonly pageInfo: { readonly endCursor?: string | null; readonly hasNextPage: boolean };
}

/** What is known of such a list: from its beginning on, without gaps. */
export interface KnownItems<Item> {
  readonly items: readonly Item[];
  /** After which the next page begins. */
  readonly endCursor: string | null;
  readonly hasMore: boolean;
}

interface Identified {
  readonly id: string;
}

/**
 * Puts the first page, as it is now, before what is known. Where more is new than a page holds, or where nothing follows
 * it, it takes its place.
 */
export function withFirstPage<Item extends Identified>(
  known: KnownItems<Item> | undefined,
  page: ListPage<Item>,
): KnownItems<Item> {
  const first = itemsOf(page);
  const ids = new Set(first.map(({ id }) => id));
  const isConnected = known?.items.some(({ id }) => ids.has(id)) ?? false;
  if (known === undefined || !isConnected || !page.pageInfo.hasNextPage)
    return { items: first, ...endOf(page) };
  return { ...known, items: [...first, ...known.items.filter(({ id }) => !ids.has(id))] };
}

/** Adds the page that follows. */
export function withNextPage<Item extends Identified>(
  known: KnownItems<Item>,
  page: ListPage<Item>,
): KnownItems<Item> {
  const ids = new Set(known.items.map(({ id }) => id));
  const next = itemsOf(page).filter(({ id }) => !ids.has(id));
  return { items: [...known.items, ...next], ...endOf(page) };
}

function itemsOf<Item>({ edges }: ListPage<Item>): Item[] {
  return edges.map(({ node }) => node);
}

function endOf({ pageInfo }: ListPage<unknown>): Pick<KnownItems<unknown>, 'endCursor' | 'hasMore'> {
  return { endCursor: pageInfo.endCursor ?? null, hasMore: pageInfo.hasNextPage };
}
