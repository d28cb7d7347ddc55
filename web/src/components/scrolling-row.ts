import type { FocusEvent } from 'react';

// For rows of links that may have to scroll sideways.

/** As the `ref` of the current link: the row begins, and goes on with another page, where that is seen. */
export function showInRow(link: Element | null): void {
  const row = link?.parentElement;
  if (!link || !row) return;
  const [inner, outer] = [link.getBoundingClientRect(), row.getBoundingClientRect()];
  if (inner.left < outer.left) row.scrollLeft -= outer.left - inner.left;
  else if (inner.right > outer.right) row.scrollLeft += inner.right - outer.right;
}

/** As the `onFocus` of each link: browsers show one that gets the focus only if all of it was out of sight. */
export function showFocused({ currentTarget }: FocusEvent): void {
  showInRow(currentTarget);
}
