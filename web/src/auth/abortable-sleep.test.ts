import { beforeEach, expect, it, vi } from 'vitest';
import { stopClock } from '../../test/clock.ts';
import { abortableSleep } from './abortable-sleep.ts';

beforeEach(stopClock);

it('waits as long as it was told', async () => {
  let awake = false;
  const sleep = (async () => {
    await abortableSleep(1_000, new AbortController().signal);
    awake = true;
  })();
  await vi.advanceTimersByTimeAsync(999);
  expect(awake).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await sleep;
  expect(awake).toBe(true);
});

it('wakes with the reason of the signal, and leaves no timer behind', async () => {
  const controller = new AbortController();
  const sleep = abortableSleep(1_000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(sleep).rejects.toThrow('enough');
  expect(vi.getTimerCount()).toBe(0);
});

it('does not fall asleep under an aborted signal', async () => {
  await expect(abortableSleep(1_000, AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
  expect(vi.getTimerCount()).toBe(0);
});
