import type { kyselyAdapter } from '@better-auth/kysely-adapter';

/** better-auth's storage. */
export type Adapter = ReturnType<ReturnType<typeof kyselyAdapter>>;
/** The same within a transaction. */
export type TransactionAdapter = Omit<Adapter, 'transaction'>;

/**
 * A transaction that begins with the first write: better-auth puts the hashing of a new password into it, for which
 * nobody else must wait.
 */
export async function atFirstWrite<Result>(
  adapter: Adapter,
  run: (inner: TransactionAdapter) => Promise<Result>,
): Promise<Result> {
  const done = Promise.withResolvers<void>();
  done.promise.catch(() => undefined);
  let begun: Promise<TransactionAdapter> | undefined;
  let ended: Promise<void> | undefined;
  const begin = async () => {
    begun ??= new Promise((resolve, reject) => {
      ended = adapter.transaction(async (inner) => {
        resolve(inner);
        await done.promise;
      });
      ended.catch(reject);
    });
    return begun;
  };
  const current = async () => begun ?? adapter;
  try {
    const result = await run({
      ...adapter,
      findOne: async (request) => (await current()).findOne(request),
      findMany: async (request) => (await current()).findMany(request),
      count: async (request) => (await current()).count(request),
      create: async (request) => (await begin()).create(request),
      update: async (request) => (await begin()).update(request),
      updateMany: async (request) => (await begin()).updateMany(request),
      delete: async (request) => (await begin()).delete(request),
      deleteMany: async (request) => (await begin()).deleteMany(request),
    });
    done.resolve();
    await ended;
    return result;
  } catch (error) {
    done.reject(error);
    await ended?.catch(() => undefined);
    throw error;
  }
}
