import { thisInstanceUrl } from './bookmarks.ts';

const storageKey = 'holdfast.claim-code';
const longestCode = 64;

let remembered: string | undefined;

/**
 * Takes the claim code out of `#claim=CODE`, the address that an unclaimed instance prints, now and whenever such an
 * address is pasted into the open page. The code leaves the address bar at once, so that it stays out of the history,
 * bookmarks and shared screens; it is kept for this tab until it is used. Call it before the router starts.
 */
export function takeClaimCodeFromFragment(): void {
  takeOnce();
  window.addEventListener('hashchange', takeOnce);
}

/**
 * The claim code of the instance at `baseUrl` that came with the address, if any and not used yet. It belongs to the
 * instance that served the page, never to another one in the launcher.
 */
export function rememberedClaimCode(baseUrl: string): string | undefined {
  if (baseUrl !== thisInstanceUrl()) return undefined;
  try {
    remembered ??= sessionStorage.getItem(storageKey) ?? undefined;
  } catch {
    // Without session storage the code lives in memory only, until a reload.
  }
  return remembered;
}

/** Forgets the claim code, after its use. */
export function forgetClaimCode(): void {
  remembered = undefined;
  try {
    sessionStorage.removeItem(storageKey);
  } catch {
    // Nothing was stored there then.
  }
}

function takeOnce(): void {
  const code = new URLSearchParams(location.hash.slice(1)).get('claim');
  if (code === null) return;
  history.replaceState(history.state, '', location.pathname + location.search);
  if (code === '' || code.length > longestCode) return;
  remembered = code;
  try {
    sessionStorage.setItem(storageKey, code);
  } catch {
    // See rememberedClaimCode.
  }
}
