import { readSession } from '../../auth/token-store.ts';

/**
 * A part of localStorage of its own for each instance, so that the tabs and the history of one playground do not turn
 * up in another's. Nothing is written while nobody is signed in: GraphiQL saves a moment late, after a sign-out too.
 */
export function playgroundStorage(baseUrl: string): Storage {
  const prefix = `holdfast.playground.${baseUrl}.`;
  const ownKeys = () => Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  return {
    get length() {
      return ownKeys().length;
    },
    key: (index) => ownKeys()[index]?.slice(prefix.length) ?? null,
    getItem: (key) => localStorage.getItem(prefix + key),
    setItem: (key, value) => {
      if (readSession(baseUrl).session) localStorage.setItem(prefix + key, value);
    },
    removeItem: (key) => localStorage.removeItem(prefix + key),
    clear: () => {
      for (const key of ownKeys()) localStorage.removeItem(key);
    },
  };
}
