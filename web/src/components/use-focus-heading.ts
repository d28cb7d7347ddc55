import { useEffect, useRef } from 'react';

/**
 * Moves focus to the page's first heading when other content takes the place of what was there, so that a screen reader
 * announces it. What comes first is left alone: the browser announces that itself.
 *
 * @param content names what is shown; undefined while that is not known yet
 */
export function useFocusHeading(content: string | undefined): void {
  const shown = useRef(content);
  useEffect(() => {
    const previous = shown.current;
    if (content === undefined || content === previous) return;
    shown.current = content;
    if (previous !== undefined) document.querySelector<HTMLElement>('h1')?.focus();
  }, [content]);
}
