import { hash } from 'node:crypto';
import { kyselyAdapter } from '@better-auth/kysely-adapter';
import type { BetterAuthOptions } from 'better-auth';
import type { Database } from '../database/database.ts';
import { type Adapter, atFirstWrite, type TransactionAdapter } from './transaction-at-first-write.ts';

type Condition = NonNullable<Parameters<Adapter['deleteMany']>[0]['where']>[number];

/**
 * better-auth's storage, but for one thing: of a session's token, which is the secret in its cookie, the database holds
 * the SHA-256. What is read back carries the hash, unless it was asked for by its token.
 */
export function hashedSessionTokens(database: Database): (options: BetterAuthOptions) => Adapter {
  return (options) => {
    const adapter = kyselyAdapter(database, { type: 'sqlite', transaction: true })(options);
    return {
      ...adapter,
      ...hashing(adapter),
      transaction: async (run) =>
        atFirstWrite(adapter, async (inner) => run({ ...inner, ...hashing(inner) })),
    };
  };
}

/** The hash of a session token, as the database has it. */
export function hashSessionToken(token: string): string {
  return hash('sha256', token, 'base64url');
}

/** The methods that better-auth uses on sessions; it counts none of them, and consumes none. */
function hashing(
  adapter: TransactionAdapter,
): Pick<Adapter, 'create' | 'findOne' | 'findMany' | 'update' | 'delete' | 'deleteMany'> {
  return {
    create: async <Row extends Record<string, unknown>, Created = Row>(
      request: Parameters<typeof adapter.create<Row>>[0],
    ) => {
      const { model, data } = request;
      if (model !== 'session' || typeof data.token !== 'string') return adapter.create<Row, Created>(request);
      const stored = { ...data, token: hashSessionToken(data.token) };
      return { ...(await adapter.create<Row, Created>({ ...request, data: stored })), token: data.token };
    },
    findOne: async <Row>(request: Parameters<Adapter['findOne']>[0]) =>
      withToken(await adapter.findOne<Row>(hashed(request)), request),
    findMany: async (request) => adapter.findMany(hashed(request)),
    update: async <Row>(request: Parameters<Adapter['update']>[0]) =>
      withToken(await adapter.update<Row>(hashed(request)), request),
    delete: async (request) => adapter.delete(hashed(request)),
    deleteMany: async (request) => adapter.deleteMany(hashed(request)),
  };
}

function hashed<Request extends { model: string; where?: Condition[] | undefined }>(
  request: Request,
): Request {
  if (request.model !== 'session' || !request.where) return request;
  return { ...request, where: request.where.map(hashedCondition) };
}

function hashedCondition(condition: Condition): Condition {
  const { field, value } = condition;
  if (field !== 'token') return condition;
  if (typeof value === 'string') return { ...condition, value: hashSessionToken(value) };
  if (Array.isArray(value))
    return { ...condition, value: value.map((token) => hashSessionToken(String(token))) };
  return condition;
}

/** better-auth goes on with the token of what it found, into cookies and further conditions. */
function withToken<Row>(row: Row | null, request: { model: string; where: Condition[] }): Row | null {
  const byToken = request.where.find(({ field, value }) => field === 'token' && typeof value === 'string');
  if (row === null || request.model !== 'session' || !byToken) return row;
  return { ...row, token: byToken.value };
}
