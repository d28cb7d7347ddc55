import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

// The code is remembered by the module, as long as its page lives: each test opens a page of its own.
let page: typeof import('./claim-code-from-fragment.ts');
const listeners: (() => void)[] = [];

async function openPage(address: string): Promise<void> {
  history.replaceState({ key: 'entry' }, '', address);
  vi.resetModules();
  page = await import('./claim-code-from-fragment.ts');
  page.takeClaimCodeFromFragment();
}

beforeEach(() => {
  // All pages of this file share one window: what a closed one listens to must not reach the next.
  vi.spyOn(window, 'addEventListener').mockImplementation((type, listener) => {
    if (type === 'hashchange') listeners.push(listener as () => void);
  });
});

afterEach(() => {
  listeners.length = 0;
  history.replaceState(null, '', '/');
});

describe('the claim code of the address', () => {
  it('is remembered', async () => {
    await openPage('/#claim=ABCDE-12345');
    expect(page.rememberedClaimCode(location.origin)).toBe('ABCDE-12345');
  });

  it('is that of the instance that served the page, and of no other', async () => {
    await openPage('/#claim=ABCDE-12345');
    expect(page.rememberedClaimCode('https://other.test')).toBeUndefined();
  });

  it('leaves the address bar at once, and nothing else does', async () => {
    const length = history.length;
    await openPage('/launcher?view=all#claim=ABCDE-12345');
    expect(location.pathname + location.search + location.hash).toBe('/launcher?view=all');
    expect(history.length).toBe(length);
    expect(history.state).toEqual({ key: 'entry' });
  });

  it('survives a reload, in this tab', async () => {
    await openPage('/#claim=ABCDE-12345');
    await openPage('/');
    expect(page.rememberedClaimCode(location.origin)).toBe('ABCDE-12345');
    expect(localStorage).toHaveLength(0);
  });

  it('is forgotten after its use, also after a reload', async () => {
    await openPage('/#claim=ABCDE-12345');
    page.forgetClaimCode();
    expect(page.rememberedClaimCode(location.origin)).toBeUndefined();
    await openPage('/');
    expect(page.rememberedClaimCode(location.origin)).toBeUndefined();
  });

  it('is taken when it is pasted into the open page', async () => {
    await openPage('/');
    expect(page.rememberedClaimCode(location.origin)).toBeUndefined();
    history.replaceState(null, '', '/#claim=ZYXWV-98765');
    for (const listener of listeners) listener();
    expect(page.rememberedClaimCode(location.origin)).toBe('ZYXWV-98765');
    expect(location.hash).toBe('');
  });

  it('replaces the one before', async () => {
    await openPage('/#claim=ABCDE-12345');
    await openPage('/#claim=ZYXWV-98765');
    expect(page.rememberedClaimCode(location.origin)).toBe('ZYXWV-98765');
  });
});

describe('another fragment', () => {
  it.each(['/#content', '/#user_code=WDJB-MJHT', '/'])('is left alone: %s', async (address) => {
    await openPage(address);
    expect(page.rememberedClaimCode(location.origin)).toBeUndefined();
    expect(location.pathname + location.hash).toBe(address);
  });

  it.each(['/#claim=', `/#claim=${'A'.repeat(65)}`])(
    'that cannot be a code is dropped: %s',
    async (address) => {
      await openPage(address);
      expect(page.rememberedClaimCode(location.origin)).toBeUndefined();
      expect(location.hash).toBe('');
    },
  );
});

it('a browser without session storage remembers the code until a reload', async () => {
  const refuse = () => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  };
  vi.stubGlobal('sessionStorage', { getItem: refuse, setItem: refuse, removeItem: refuse });
  await openPage('/#claim=ABCDE-12345');
  expect(page.rememberedClaimCode(location.origin)).toBe('ABCDE-12345');
  page.forgetClaimCode();
  expect(page.rememberedClaimCode(location.origin)).toBeUndefined();
});
