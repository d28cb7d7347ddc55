/**
 * Takes the token of a link, `/reset-password#link=…`, out of the address bar and the history: there it would be seen by
 * whoever comes later. Fragments reach no server. The token lives in memory only; a reload loses it, and the link in the
 * mail is still there.
 */
export function takeLinkToken({
  location,
  history,
}: Pick<Window, 'location' | 'history'>): string | undefined {
  const token = /^#link=([\w-]+)$/.exec(location.hash)?.[1];
  if (token !== undefined) history.replaceState(history.state, '', location.pathname);
  return token;
}

/** Opening a link where one of these pages is already open changes only the fragment: the page begins anew with it. */
export function reloadForLaterLinks(window: Window): void {
  window.addEventListener('hashchange', () => {
    if (window.location.hash.startsWith('#link=')) window.location.reload();
  });
}
