import { expect, test } from 'vitest';
import { HttpError } from './errors.ts';
import { FairTurns } from './fair-turns.ts';
import { onBehalfOf } from './http/requester.ts';

test('as many as may have a turn at once, the others in the order in which they came', async () => {
  const turns = new FairTurns({ atOnce: 2, waiting: 2 });
  const begun: number[] = [];
  const ends = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const all = ends.map(async ({ promise }, index) =>
    turns.during(async () => {
      begun.push(index);
      await promise;
    }),
  );
  await new Promise(setImmediate);
  expect(begun).toEqual([0, 1]);
  ends[1]?.resolve();
  await new Promise(setImmediate);
  expect(begun).toEqual([0, 1, 2]);
  for (const { resolve } of ends) resolve();
  await Promise.all(all);
  expect(begun).toEqual([0, 1, 2, 3]);
});

test('whoever comes when too many wait is told to come again, and a turn that fails is passed on', async () => {
  const turns = new FairTurns({ waiting: 1 });
  const { promise, reject } = Promise.withResolvers<void>();
  const first = turns.during(async () => promise);
  const second = turns.during(async () => 'second');
  const third = await turns.during(async () => 'third').catch((error: unknown) => error);
  expect(third).toBeInstanceOf(HttpError);
  expect(third).toMatchObject({
    status: 503,
    code: 'temporarily_unavailable',
    headers: { 'Retry-After': '5' },
  });
  reject(new Error('failed'));
  await expect(first).rejects.toThrow('failed');
  expect(await second).toBe('second');
  expect(await turns.during(async () => 'fourth')).toBe('fourth');
});

/** Asks for a turn on behalf of somebody, and says how that ended. */
async function turnOf(
  turns: FairTurns,
  network: string,
  signal = new AbortController().signal,
): Promise<string> {
  return onBehalfOf({ address: network, networks: [network], signal }, async () =>
    turns.during(async () => 'done').catch(({ code }: HttpError) => code),
  );
}

/** Turns of which the only one is taken until `end` is called. */
function takenTurns(waiting: number): { turns: FairTurns; end: () => void } {
  const turns = new FairTurns({ waiting });
  const { promise, resolve } = Promise.withResolvers<void>();
  void turns.during(async () => promise);
  return { turns, end: resolve };
}

test('who comes from a network with fewer gets the place of the last of the one with most', async () => {
  const { turns, end } = takenTurns(3);
  const many = Array.from({ length: 3 }, async () => turnOf(turns, 'many'));
  const one = turnOf(turns, 'one');
  expect(await many[2]).toBe('temporarily_unavailable');
  expect(await turnOf(turns, 'many')).toBe('temporarily_unavailable');
  end();
  expect(await Promise.all([...many, one])).toEqual(['done', 'done', 'temporarily_unavailable', 'done']);
});

test('who hangs up gives the place up at once, and who has hung up gets none', async () => {
  const { turns, end } = takenTurns(1);
  const hangingUp = new AbortController();
  const gone = turnOf(turns, 'a', hangingUp.signal);
  hangingUp.abort();
  expect(await gone).toBe('temporarily_unavailable');
  expect(await turnOf(turns, 'a', hangingUp.signal)).toBe('temporarily_unavailable');
  const next = turnOf(turns, 'a');
  end();
  expect(await next).toBe('done');
});
