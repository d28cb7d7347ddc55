/**
 * A part of localStorage of its own for each instance, so that the tabs and the history of one playground do not turn
 * up in another's.
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
    setItem: (key, value) => localStorage.setItem(prefix + key, value),
    removeItem: (key) => localStorage.removeItem(prefix + key),
    clear: () => {
      for (const key of ownKeys()) localStorage.removeItem(key);
    },
  };
}
