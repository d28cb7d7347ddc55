import { AsyncLocalStorage } from 'node:async_hooks';
import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import { clientAddress, networksOf } from './client-address.ts';

/** For whom something is done. */
export interface Requester {
  /** As `clientAddress` returns it. */
  readonly address: string;
  /** From where the request came, as `networksOf` returns it. */
  readonly networks: readonly string[];
  /** Aborted when nobody waits for the answer any longer. */
  readonly signal: AbortSignal;
}

// What costs most is done below better-auth, which hands nothing of the request down to it.
const requesters = new AsyncLocalStorage<Requester>();

/** Does something on behalf of somebody. */
export function onBehalfOf<Result>(requester: Requester, act: () => Result): Result {
  return requesters.run(requester, act);
}

/** For whom the current work is done; undefined for what the cloud does by itself. */
export function currentRequester(): Requester | undefined {
  return requesters.getStore();
}

/** Remembers for `currentRequester` who sent a request. */
export const rememberRequester: MiddlewareHandler<{ Bindings: HttpBindings }> = async (c, next) => {
  const address = clientAddress(c.env.incoming);
  return onBehalfOf({ address, networks: networksOf(address), signal: c.req.raw.signal }, next);
};
