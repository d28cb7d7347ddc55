import { useState } from 'react';
import type { CombinedError } from 'urql';
import { type KnownItems, type ListPage, withFirstPage, withNextPage } from './paged-list.ts';
import { requestFailure } from './request-failure.ts';

/** A list that grows at both ends. */
export interface PagedList<Item> {
  /** Undefined until the first page is there. */
  readonly items: readonly Item[] | undefined;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  /** Why the last attempt to get more failed. */
  readonly moreFailure: string | undefined;
  readonly loadMore: () => void;
}

interface PagedListOptions<Item> {
  /** Names the list: another one begins from nothing. */
  readonly list: string;
  /** The first page, as it is now. */
  readonly firstPage: ListPage<Item> | undefined;
  /** Asks for the page after a cursor. */
  readonly askForMore: (after: string | null) => Promise<{ page?: ListPage<Item>; error?: CombinedError }>;
}

interface ListState<Item> {
  readonly list: string;
  readonly firstPage: ListPage<Item> | undefined;
  readonly known: KnownItems<Item> | undefined;
  readonly isLoadingMore: boolean;
  readonly moreFailure: string | undefined;
}

/** Puts the pages of a list together: the first, which may change at any time, and those that the person asked for. */
export function usePagedList<Item extends { readonly id: string }>({
  list,
  firstPage,
  askForMore,
}: PagedListOptions<Item>): PagedList<Item> {
  const nothing: ListState<Item> = {
    list,
    firstPage: undefined,
    known: undefined,
    isLoadingMore: false,
    moreFailure: undefined,
  };
  const [stored, setState] = useState(nothing);
  let state = stored.list === list ? stored : nothing;
  if (firstPage && firstPage !== state.firstPage) {
    state = { ...state, firstPage, known: withFirstPage(state.known, firstPage) };
  }
  if (state !== stored) setState(state);
  const { known } = state;

  const loadMore = async (from: KnownItems<Item>) => {
    const change = (next: (current: ListState<Item>) => Partial<ListState<Item>>) =>
      setState((current) => (current.list === list ? { ...current, ...next(current) } : current));
    change(() => ({ isLoadingMore: true, moreFailure: undefined }));
    const { page, error } = await askForMore(from.endCursor);
    change(({ known: current }) => {
      if (!page) return { isLoadingMore: false, moreFailure: requestFailure(error) };
      // Meanwhile the list may have begun anew.
      const isNext = current?.endCursor === from.endCursor;
      return { isLoadingMore: false, ...(current && isNext && { known: withNextPage(current, page) }) };
    });
  };

  return {
    items: known?.items,
    hasMore: known?.hasMore ?? false,
    isLoadingMore: state.isLoadingMore,
    moreFailure: state.moreFailure,
    loadMore: () => {
      if (known && !state.isLoadingMore) void loadMore(known);
    },
  };
}
