import { describe, expect, test } from 'vitest';
import { type InstanceRun, otherRunOf, whatChanges } from './run-overlap.ts';

const start = 1_800_000_000_000;
const second = 1_000;

function run(sequence: number, begunAt: number): InstanceRun {
  const begun_at = start + begunAt;
  return { sequence, run_hash: String(sequence), begun_at, seen_at: begun_at, met: 0, acknowledged: 0 };
}

/** Runs that ask, as the database would have them afterwards. */
class Runs {
  readonly #runs: InstanceRun[] = [];

  begin(sequence: number, at: number): void {
    this.#runs.push(run(sequence, at));
  }

  /** @returns the `sequence` of the other run that it is told of */
  ask(sequence: number, at: number): number | undefined {
    const index = this.#runs.findIndex((each) => each.sequence === sequence);
    const own = this.#runs[index] as InstanceRun;
    const changed = { ...own, ...whatChanges(own, this.#runs, start + at) };
    this.#runs[index] = changed;
    return otherRunOf(changed, this.#runs, start + at)?.sequence;
  }
}

test('a run that is alone has nothing noted but a sign of life now and then', () => {
  const only = run(1, 0);
  expect(whatChanges(only, [only], start + 3_599 * second)).toBeUndefined();
  expect(whatChanges(only, [only], start + 3_600 * second)).toEqual({
    seen_at: start + 3_600 * second,
    met: 0,
  });
});

describe('row 65: a restart is no second copy', () => {
  test('however soon, and however often', () => {
    const runs = new Runs();
    for (let sequence = 1; sequence <= 5; sequence += 1) {
      runs.begin(sequence, sequence * 100);
      expect(runs.ask(sequence, sequence * 100 + 50)).toBeUndefined();
    }
    for (let at = 1; at < 120; at += 25) expect(runs.ask(5, at * second)).toBeUndefined();
  });

  test('also where a request of the one before is judged a moment late', () => {
    const runs = new Runs();
    runs.begin(1, 0);
    runs.begin(2, 1 * second);
    expect(runs.ask(1, 5 * second)).toBeUndefined();
    expect(runs.ask(2, 6 * second)).toBeUndefined();
  });

  test('nor where the clock of the cloud was set back meanwhile', () => {
    const runs = new Runs();
    runs.begin(1, 3_600 * second);
    runs.begin(2, 0);
    for (const at of [10, 3_590, 3_601, 3_630]) expect(runs.ask(2, at * second)).toBeUndefined();
  });
});

describe('row 65: two copies are told of each other', () => {
  test('once the earlier one has come back, for as long as both come back', () => {
    const runs = new Runs();
    runs.begin(1, 0);
    runs.begin(2, 600 * second);
    expect(runs.ask(2, 601 * second)).toBeUndefined();
    expect(runs.ask(1, 606 * second)).toBe(2);
    for (let at = 610; at < 1_000; at += 25) {
      expect(runs.ask(2, at * second)).toBe(1);
      expect(runs.ask(1, (at + 10) * second)).toBe(2);
    }
  });

  test.each([
    ['later', 1],
    ['earlier', 2],
  ])('and no longer once the %s one is gone', (_which, left) => {
    const runs = new Runs();
    runs.begin(1, 0);
    runs.begin(2, 1 * second);
    for (const at of [10, 35]) for (const sequence of [1, 2]) runs.ask(sequence, at * second);
    expect(runs.ask(left, 60 * second)).toBe(3 - left);
    expect(runs.ask(left, 95 * second)).toBeUndefined();
  });

  test('and no longer once one is gone and the clock of the cloud was set back', () => {
    const runs = new Runs();
    runs.begin(1, 0);
    runs.begin(2, 1 * second);
    for (const sequence of [1, 2, 1]) runs.ask(sequence, 3_600 * second);
    expect(runs.ask(2, 3_601 * second)).toBe(1);
    expect(runs.ask(2, 10 * second)).toBeUndefined();
  });

  test('again, when one was cut off for a while', () => {
    const runs = new Runs();
    runs.begin(1, 0);
    runs.begin(2, 1 * second);
    for (const at of [10, 35]) for (const sequence of [1, 2]) runs.ask(sequence, at * second);
    expect(runs.ask(2, 600 * second)).toBeUndefined();
    expect(runs.ask(1, 610 * second)).toBeUndefined();
    expect(runs.ask(2, 625 * second)).toBe(1);
    expect(runs.ask(1, 635 * second)).toBe(2);
  });

  test('also when one of them was restarted', () => {
    const runs = new Runs();
    runs.begin(1, 0);
    runs.begin(2, 1 * second);
    runs.ask(1, 10 * second);
    runs.begin(3, 20 * second);
    expect(runs.ask(3, 21 * second)).toBeUndefined();
    expect(runs.ask(2, 30 * second)).toBe(3);
    expect(runs.ask(3, 31 * second)).toBe(2);
  });
});
