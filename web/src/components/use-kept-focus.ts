import { useEffect } from 'react';

/** Dialogs and menus give the focus back to where it was by themselves, a moment after they have closed. */
const settleMilliseconds = 50;

/**
 * Gives the focus to the page's heading whenever the element that had it is taken away with nothing to follow: by a
 * sign-out, by another page, by a card that is removed. Otherwise a keyboard would start over at the top of the page,
 * and a screen reader would fall silent.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    let focused: Element | null = null;
    let timer: ReturnType<typeof setTimeout>;
    const remember = ({ target }: FocusEvent) => {
      focused = target instanceof Element ? target : null;
    };
    const observer = new MutationObserver(() => {
      if (focused === null || focused.isConnected) return;
      focused = null;
      clearTimeout(timer);
      timer = setTimeout(focusHeadingIfLost, settleMilliseconds);
    });
    document.addEventListener('focusin', remember);
    observer.observe(document.body, { childList: true, subtree: true });
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      document.removeEventListener('focusin', remember);
    };
  }, []);
}

function focusHeadingIfLost(): void {
  const isLost = document.activeElement === document.body || document.activeElement === null;
  // What lies behind an open dialog is out of reach.
  if (!isLost || document.querySelector('[aria-modal="true"]')) return;
  const main = document.querySelector<HTMLElement>('main');
  (main?.querySelector<HTMLElement>('h1') ?? main)?.focus({ preventScroll: true });
}
