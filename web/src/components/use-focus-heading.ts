import { useEffect, useRef } from 'react';

/**
 * Moves focus to the page's first heading when other content takes the place of what was there, named by `content`:
 * the button that had the focus is gone, and a screen reader announces what came instead. What is there at first is
 * left alone: the browser announces that itself.
 */
export function useFocusHeading(content: string): void {
  const shown = useRef(content);
  useEffect(() => {
    if (shown.current === content) return;
    shown.current = content;
    document.querySelector<HTMLElement>('h1')?.focus();
  }, [content]);
}
