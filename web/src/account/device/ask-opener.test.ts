import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OtherWindow } from '../../../test/windows.ts';
import { askOpener, tellOpener } from './ask-opener.ts';

const origin = 'http://127.0.0.1:8080';
const binding = { origin, challenge: 'challenge-1' };
const answer = { type: 'holdfast-approval-proof', proof: 'proof-1' };

let opener: OtherWindow;
let controller: AbortController;

beforeEach(() => {
  vi.useFakeTimers();
  controller = new AbortController();
  opener = new OtherWindow();
  vi.stubGlobal('opener', opener);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const ask = (asked: typeof binding | null = binding) => askOpener(asked, controller.signal);

it('asks the one origin that the cloud named, and takes its answer', async () => {
  opener.onMessage = () => opener.say(answer, origin);
  await expect(ask()).resolves.toBe('proof-1');
  expect(opener.received).toEqual([
    { data: { type: 'holdfast-approval-challenge', challenge: 'challenge-1' }, origin },
  ]);
});

it('tells the page that opened this one, and no other, that the person has decided', () => {
  tellOpener(binding);
  expect(opener.received).toEqual([{ data: { type: 'holdfast-decided' }, origin }]);
  vi.stubGlobal('opener', null);
  expect(() => tellOpener(binding)).not.toThrow();
});

describe('hears nothing', () => {
  const afterPatience = async (asking: Promise<string | undefined>) => {
    await vi.advanceTimersByTimeAsync(2_000);
    return asking;
  };

  it('where no page may be asked, and asks none', async () => {
    await expect(ask(null)).resolves.toBeUndefined();
    await expect(ask({ ...binding, origin: 'http://a:b:c' })).resolves.toBeUndefined();
    expect(opener.received).toEqual([]);
  });

  it('where no page has opened this one', async () => {
    vi.stubGlobal('opener', null);
    await expect(ask()).resolves.toBeUndefined();
  });

  it('from a page that does not answer', async () => {
    await expect(afterPatience(ask())).resolves.toBeUndefined();
  });

  it('from another window, another origin, or in another form', async () => {
    const other = new OtherWindow();
    opener.onMessage = () => {
      other.say(answer, origin);
      opener.say(answer, 'http://evil.test');
      opener.say({ ...answer, type: 'holdfast-approval-challenge' }, origin);
      opener.say({ ...answer, proof: 7 }, origin);
      opener.say('proof-1', origin);
      opener.say(null, origin);
    };
    await expect(afterPatience(ask())).resolves.toBeUndefined();
  });

  it('once nobody waits for it any more', async () => {
    const asking = ask();
    controller.abort();
    await expect(asking).resolves.toBeUndefined();
  });
});
