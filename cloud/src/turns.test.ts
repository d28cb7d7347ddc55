import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('one has a turn at a time, in the order in which they came', async () => {
  const turns = new Turns();
  const begun: number[] = [];
  for (const index of [0, 1, 2]) void turns.take().then(() => begun.push(index));
  for (const expected of [[0], [0, 1], [0, 1, 2]]) {
    await new Promise(setImmediate);
    expect(begun).toEqual(expected);
    turns.pass();
  }
  await turns.take();
});
