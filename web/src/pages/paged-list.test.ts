import { describe, expect, it } from 'vitest';
import { type ListPage, withFirstPage, withNextPage } from './paged-list.ts';

const page = (ids: string, hasNextPage = true): ListPage<{ id: string }> => ({
  edges: [...ids].map((id) => ({ node: { id } })),
  pageInfo: { endCursor: ids === '' ? null : `after ${ids.at(-1)}`, hasNextPage },
});
const idsOf = ({ items }: { items: readonly { id: string }[] }) => items.map(({ id }) => id).join('');

describe('a paged list', () => {
  it('begins with its first page', () => {
    expect(withFirstPage(undefined, page('cba'))).toEqual({
      items: [{ id: 'c' }, { id: 'b' }, { id: 'a' }],
      endCursor: 'after a',
      hasMore: true,
    });
  });

  it('grows at its end, page by page', () => {
    const two = withNextPage(withFirstPage(undefined, page('fed')), page('cba', false));
    expect(idsOf(two)).toBe('fedcba');
    expect(two.hasMore).toBe(false);
  });

  it('grows at its beginning, and keeps its end', () => {
    const two = withNextPage(withFirstPage(undefined, page('fed')), page('cba'));
    const newer = withFirstPage(two, page('hgf'));
    expect(idsOf(newer)).toBe('hgfedcba');
    expect(newer).toMatchObject({ endCursor: 'after a', hasMore: true });
  });

  it('takes items over as they are now, in the order that they have now', () => {
    const known = withFirstPage(undefined, { ...page(''), edges: [{ node: { id: 'a', name: 'old' } }] });
    const newer = withFirstPage(known, {
      ...page(''),
      edges: [{ node: { id: 'b', name: 'b' } }, { node: { id: 'a', name: 'new' } }],
    });
    expect(newer.items).toEqual([
      { id: 'b', name: 'b' },
      { id: 'a', name: 'new' },
    ]);
  });

  it('loses what is gone, where its first page is all there is', () => {
    const known = withNextPage(withFirstPage(undefined, page('fed')), page('cba', false));
    expect(withFirstPage(known, page('fdb', false))).toMatchObject(
      withFirstPage(undefined, page('fdb', false)),
    );
  });

  it('begins anew rather than with a gap', () => {
    const known = withFirstPage(undefined, page('cba', false));
    expect(withFirstPage(known, page('zyx'))).toEqual(withFirstPage(undefined, page('zyx')));
    expect(withFirstPage(withFirstPage(undefined, page('', false)), page('a', false))).toMatchObject({
      items: [{ id: 'a' }],
    });
  });

  it('says nothing twice', () => {
    expect(idsOf(withNextPage(withFirstPage(undefined, page('cba')), page('ba_')))).toBe('cba_');
  });
});
