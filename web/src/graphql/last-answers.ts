import { type Exchange, mapExchange } from 'urql';

/**
 * Lets queries keep what they were told last while the instance does not answer: their results then have that data beside
 * the error. What the instance refuses is not kept. Comes after the cache, which goes on asking again when there is news.
 */
export function lastAnswersExchange(): Exchange {
  const answers = new Map<number, unknown>();
  return mapExchange({
    onResult(result) {
      const { data, error } = result;
      const { key, kind } = result.operation;
      if (kind !== 'query') return undefined;
      if (error?.networkError) {
        const kept = answers.get(key);
        return kept === undefined ? undefined : { ...result, data: kept };
      }
      if (data === undefined || data === null) answers.delete(key);
      else answers.set(key, data);
      return undefined;
    },
  });
}
