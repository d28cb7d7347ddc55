/**
 * Turns GraphiQL's tabs into a list of buttons for screen readers. It marks each list item as a tab and puts buttons
 * inside, which assistive technology cannot reach there. Returns how to stop.
 *
 * @see https://www.w3.org/TR/wai-aria-1.2/#tab WAI-ARIA: children of a tab are presentational
 */
export function keepTabsPlain(root: HTMLElement): () => void {
  const mend = () => {
    for (const list of root.querySelectorAll('ul[role="tablist"]')) list.removeAttribute('role');
    for (const item of root.querySelectorAll('li[role="tab"]')) item.removeAttribute('role');
    for (const item of root.querySelectorAll('li[aria-selected]')) {
      const selected = item.getAttribute('aria-selected') === 'true';
      item.removeAttribute('aria-selected');
      item.querySelector('button')?.setAttribute('aria-current', String(selected));
    }
  };
  // GraphiQL sets the attributes anew whenever another tab is selected.
  const observer = new MutationObserver(mend);
  observer.observe(root, { subtree: true, childList: true, attributeFilter: ['role', 'aria-selected'] });
  mend();
  return () => observer.disconnect();
}
