import * as oauth from 'oauth4webapi';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { settle } from '../../test/clock.ts';
import { OtherWindow } from '../../test/windows.ts';
import { type ApprovalPages, createApprovalPages, type ProvableLogin } from './approval-proof.ts';
import { WaitingPage } from './waiting-page.ts';

const cloudOrigin = 'https://cloud.test';
const question = { type: 'holdfast-approval-challenge', challenge: 'challenge-1' };

let keyPair: CryptoKeyPair;
let login: ProvableLogin;
let page: OtherWindow;
let pages: ApprovalPages;
const windowOpen = vi.fn<typeof window.open>();

beforeEach(async () => {
  page = new OtherWindow();
  windowOpen.mockReset().mockReturnValue(page as unknown as Window);
  vi.stubGlobal('open', windowOpen);
  keyPair = await oauth.generateKeyPair('ES256', { extractable: false });
  login = {
    cloudOrigin,
    userCode: 'WDJB-MJHT',
    verificationUriComplete: `${cloudOrigin}/device#user_code=WDJB-MJHT`,
    keyPair,
  };
  pages = createApprovalPages(login);
});

afterEach(() => {
  pages[Symbol.dispose]();
  vi.unstubAllGlobals();
});

async function answersTo(source: OtherWindow, data: unknown, origin: string): Promise<unknown[]> {
  source.say(data, origin);
  await settle();
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
  return source.received;
}

it('answers the page that it opened with a proof for that cloud, that challenge and that code', async () => {
  expect(pages.open()).toBe(true);
  expect(windowOpen).toHaveBeenCalledExactlyOnceWith(`${cloudOrigin}/device#user_code=WDJB-MJHT`, '_blank');
  const [answer] = (await answersTo(page, question, cloudOrigin)) as {
    data: { type: string; proof: string };
    origin: string;
  }[];
  expect(answer).toMatchObject({ data: { type: 'holdfast-approval-proof' }, origin: cloudOrigin });
  const [header = '', claims = '', signature = ''] = answer?.data.proof.split('.') ?? [];
  const { x, y } = await crypto.subtle.exportKey('jwk', keyPair.publicKey);
  expect(decode(header)).toEqual({
    typ: 'holdfast-approval+jwt',
    alg: 'ES256',
    jwk: { kty: 'EC', crv: 'P-256', x, y },
  });
  expect(decode(claims)).toEqual({ aud: cloudOrigin, nonce: 'challenge-1', user_code: 'WDJB-MJHT' });
  const isSigned = await crypto.subtle.verify(
    { name: 'ECDSA', hash: 'SHA-256' },
    keyPair.publicKey,
    Buffer.from(signature, 'base64url'),
    new TextEncoder().encode(`${header}.${claims}`),
  );
  expect(isSigned).toBe(true);
});

it('answers no window that it did not open, not even of the cloud', async () => {
  pages.open();
  await expect(answersTo(new OtherWindow(), question, cloudOrigin)).resolves.toEqual([]);
});

it.each(['http://cloud.test', 'https://cloud.test.evil.test', 'null'])(
  'answers no other origin, even in the window that it opened: %s',
  async (origin) => {
    pages.open();
    await expect(answersTo(page, question, origin)).resolves.toEqual([]);
  },
);

it.each([null, 'challenge-1', {}, { ...question, challenge: 7 }, { ...question, type: 'other' }])(
  'answers nothing but a challenge: %j',
  async (data) => {
    pages.open();
    await expect(answersTo(page, data, cloudOrigin)).resolves.toEqual([]);
  },
);

it('answers nothing once the sign-in is over', async () => {
  pages.open();
  pages[Symbol.dispose]();
  await expect(answersTo(page, question, cloudOrigin)).resolves.toEqual([]);
});

it('hears of a decision from the page that it opened, and from no other', async () => {
  const heard = vi.fn<() => void>();
  void pages.decided.then(heard);
  const decision = { type: 'holdfast-decided' };
  pages.open();
  await expect(answersTo(new OtherWindow(), decision, cloudOrigin)).resolves.toEqual([]);
  await expect(answersTo(page, decision, 'http://cloud.test')).resolves.toEqual([]);
  await expect(answersTo(page, { type: 'other' }, cloudOrigin)).resolves.toEqual([]);
  expect(heard).not.toHaveBeenCalled();
  await expect(answersTo(page, decision, cloudOrigin)).resolves.toEqual([]);
  expect(heard).toHaveBeenCalledOnce();
});

it('leads the page on that waits, and answers it', async () => {
  using waiting = WaitingPage.open();
  using first = createApprovalPages({ ...login, waitingPage: waiting });
  expect(windowOpen).toHaveBeenCalledExactlyOnceWith('', '_blank');
  expect([first.isOpen, page.location.href]).toEqual([true, login.verificationUriComplete]);
  await expect(answersTo(page, question, cloudOrigin)).resolves.toHaveLength(1);
});

it('leads no page on that was closed meanwhile', () => {
  using waiting = WaitingPage.open();
  page.close();
  using none = createApprovalPages({ ...login, waitingPage: waiting });
  expect([none.isOpen, page.location.href]).toEqual([false, 'about:blank']);
});

it('closes a page that waited in vain, and none that is an approval page', () => {
  WaitingPage.open()?.[Symbol.dispose]();
  expect(page.closed).toBe(true);
  page.closed = false;
  using waiting = WaitingPage.open();
  waiting?.leadTo(login.verificationUriComplete);
  waiting?.[Symbol.dispose]();
  expect(page.closed).toBe(false);
});

it('waits in no page where the browser opens none', () => {
  windowOpen.mockReturnValue(null);
  expect(WaitingPage.open()).toBeUndefined();
});

it('says when the browser opens no window', () => {
  windowOpen.mockReturnValue(null);
  expect(pages.open()).toBe(false);
});

function decode(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
