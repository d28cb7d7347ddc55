import type { SecretsStore } from '../../src/secrets/secrets-store.ts';

/** How far the writers of a directory have come: each change adds one to one of these. */
export interface Progress {
  /** Transactions. */
  readonly counter: number;
  /** Data keys, from 1. */
  readonly keyId: number;
  /** Key files, from 1. */
  readonly generation: number;
}

/** Of a store that was just created. */
export const beginning: Progress = { counter: 0, keyId: 1, generation: 1 };

/** What a store says of it: the counter in a sealed value, the others by what protects it. */
export function progressOf(store: SecretsStore): Progress {
  const { keyId, keyLocation = '' } = store.protection;
  return {
    counter: Number(store.read('instance_token')?.access_token ?? beginning.counter),
    keyId,
    generation: Number(/\.(?<count>\d+)\.key$/.exec(keyLocation)?.groups?.count ?? beginning.generation),
  };
}

/** For one line of a writer's output. */
export function formatProgress({ counter, keyId, generation }: Progress): string {
  return `${counter}.${keyId}.${generation}`;
}

export function parseProgress(text: string): Progress {
  const [counter, keyId, generation] = text.split('.').map(Number) as [number, number, number];
  return { counter, keyId, generation };
}

export function isSame(one: Progress, other: Progress): boolean {
  return formatProgress(one) === formatProgress(other);
}

/** Whether `one` lacks a change that `other` has. */
export function isBehind(one: Progress, other: Progress): boolean {
  return one.counter < other.counter || one.keyId < other.keyId || one.generation < other.generation;
}
