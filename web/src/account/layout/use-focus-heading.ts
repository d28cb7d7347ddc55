import { useEffect, useRef } from 'react';

/**
 * Moves focus to the page's first heading when its text changes, so that a screen reader announces what replaced
 * the content. The first page is left alone: the browser announces that itself.
 */
export function useFocusHeading(title: string): void {
  const shown = useRef(title);
  useEffect(() => {
    if (shown.current === title) return;
    shown.current = title;
    document.querySelector<HTMLElement>('main h1')?.focus();
  }, [title]);
}
