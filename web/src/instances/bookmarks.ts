import { useSyncExternalStore } from 'react';
import { isLoopbackHost } from '../auth/secure-context.ts';

/** An instance that a person keeps in the launcher. */
export interface Bookmark {
  /** `this` for the instance that served the page, otherwise random. */
  id: string;
  name: string;
  /** Origin of the instance. */
  url: string;
}

const storageKey = 'holdfast.bookmarks';
const thisId = 'this';
const thisDefaultName = 'This instance';
const longestName = 64;

const listeners = new Set<() => void>();
let parsed: { text: string | null; bookmarks: Bookmark[] } | undefined;

/** Whether the person chose its name; otherwise it bears a stand-in, which the instance's own name is better than. */
export function isNamed({ id, name, url }: Bookmark): boolean {
  return name !== (id === thisId ? thisDefaultName : new URL(url).host);
}

/** The name as it reads in the middle of a sentence. */
export function nameInSentence({ name }: Pick<Bookmark, 'name'>): string {
  return name === thisDefaultName ? 'this instance' : name;
}

/** All bookmarks, live across tabs; the instance that served the page always comes first. */
export function useBookmarks(): Bookmark[] {
  return useSyncExternalStore(subscribe, readBookmarks);
}

/** All bookmarks at this moment. The same array is returned until something changes. */
export function readBookmarks(): Bookmark[] {
  const text = localStorage.getItem(storageKey);
  if (parsed?.text !== text || parsed.bookmarks[0]?.url !== thisInstanceUrl()) {
    parsed = { text, bookmarks: parseBookmarks(text) };
  }
  return parsed.bookmarks;
}

/** Keeps an instance. One that is kept already takes the new name instead of being kept twice. */
export function addBookmark({ name, url }: { name: string; url: string }): Bookmark {
  const known = readBookmarks().find((bookmark) => bookmark.url === url);
  const bookmark = { id: known?.id ?? randomId(), name: tidyName(name) || new URL(url).host, url };
  if (known) renameBookmark(known.id, bookmark.name);
  else write([...readBookmarks(), bookmark]);
  return bookmark;
}

/** Renames a bookmark; an empty name and an unknown id change nothing. */
export function renameBookmark(id: string, name: string): void {
  const tidied = tidyName(name);
  if (tidied === '') return;
  write(readBookmarks().map((bookmark) => (bookmark.id === id ? { ...bookmark, name: tidied } : bookmark)));
}

/** Removes a bookmark. The instance that served the page stays. */
export function removeBookmark(id: string): void {
  if (id !== thisId) write(readBookmarks().filter((bookmark) => bookmark.id !== id));
}

/** Origin of the instance that served this page. */
export function thisInstanceUrl(): string {
  return location.origin;
}

/**
 * Reads the address of an instance as people type or paste it, with or without scheme and path. Without a scheme it
 * is http for this machine and https for every other.
 */
export function parseInstanceUrl(input: string): { ok: true; url: string } | { ok: false; message: string } {
  const text = input.trim();
  if (text === '')
    return { ok: false, message: 'Enter the address of the instance, for example https://box.example.' };
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const url = hasScheme ? URL.parse(text) : withScheme(text);
  const port = url === null ? portIn(text) : undefined;
  if (port !== undefined && port > highestPort) {
    return {
      ok: false,
      message: `There is no port ${port}: ports end at ${highestPort}. Enter the address that the instance printed when it started.`,
    };
  }
  if (url === null || !isHostName(url.hostname)) {
    return {
      ok: false,
      message: `“${text}” is not an address. Enter the one that the instance printed when it started, for example https://box.example or http://127.0.0.1:8080.`,
    };
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return {
      ok: false,
      message: 'Instances speak http and https only. Enter an address that begins with https://.',
    };
  }
  if (url.username !== '' || url.password !== '') {
    return {
      ok: false,
      message: 'The address contains a user name or password, which instances do not use. Remove it.',
    };
  }
  return { ok: true, url: url.origin };
}

const highestPort = 65_535;

/** The number at the end of an address's host. */
function portIn(text: string): number | undefined {
  const port = /^(?:[a-z][a-z0-9+.-]*:\/\/)?[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(text)?.[1];
  return port === undefined ? undefined : Number(port);
}

/** Chromium takes spaces and more for parts of a name, percent-encoded; no name on any network has such. */
function isHostName(hostname: string): boolean {
  return /^[a-z0-9._-]+$|^\[[0-9a-f:.]+\]$/.test(hostname);
}

function withScheme(text: string): URL | null {
  const url = URL.parse(`https://${text}`);
  return url !== null && isLoopbackHost(url.hostname) ? URL.parse(`http://${text}`) : url;
}

function subscribe(listener: () => void): () => void {
  const onStorage = ({ key }: StorageEvent) => {
    if (key === null || key === storageKey) listener();
  };
  listeners.add(listener);
  window.addEventListener('storage', onStorage);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', onStorage);
  };
}

function write(bookmarks: Bookmark[]): void {
  localStorage.setItem(storageKey, JSON.stringify(bookmarks));
  for (const listener of listeners) listener();
}

function parseBookmarks(text: string | null): Bookmark[] {
  const entries = readEntries(text);
  const name = entries.find(({ id }) => id === thisId)?.name ?? thisDefaultName;
  // The address of `this` is never taken from storage: it is where the page came from.
  return [{ id: thisId, name, url: thisInstanceUrl() }, ...entries.filter(({ id }) => id !== thisId)];
}

/** Stored entries without the ones that cannot be used. */
function readEntries(text: string | null): Bookmark[] {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '[]');
  } catch {
    return [];
  }
  return Array.isArray(value) ? value.filter(isBookmark) : [];
}

function isBookmark(value: unknown): value is Bookmark {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name, url } = value as Record<string, unknown>;
  if (typeof id !== 'string' || typeof name !== 'string' || typeof url !== 'string') return false;
  const parsedUrl = parseInstanceUrl(url);
  return id !== '' && name !== '' && parsedUrl.ok && parsedUrl.url === url;
}

function tidyName(name: string): string {
  return name.trim().slice(0, longestName);
}

/** Eight hexadecimal digits: bookmarks appear in addresses, and a person has few of them. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
