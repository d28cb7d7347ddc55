/** Makes something when it is needed first, and keeps it. What failed is not kept: it is made anew when it is needed next. */
export function keptPromise<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let kept: Promise<Value> | undefined;
  return async () => {
    kept ??= make();
    const made = kept;
    return made.catch((error: unknown) => {
      if (kept === made) kept = undefined;
      throw error;
    });
  };
}
