import { act, renderHook } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  addBookmark,
  isNamed,
  nameInSentence,
  parseInstanceUrl,
  readBookmarks,
  removeBookmark,
  renameBookmark,
  thisInstanceUrl,
  useBookmarks,
} from './bookmarks.ts';

const storageKey = 'holdfast.bookmarks';
const own = { id: 'this', name: 'This instance', url: location.origin };
const box = { name: 'Box', url: 'https://box.test' };

function store(value: unknown): void {
  localStorage.setItem(storageKey, JSON.stringify(value));
}

describe('the instance that served the page', () => {
  it('is always there, first', () => {
    expect(readBookmarks()).toEqual([own]);
    addBookmark(box);
    expect(readBookmarks()[0]).toEqual(own);
  });

  it('can be renamed and not removed', () => {
    renameBookmark('this', 'Lab');
    removeBookmark('this');
    expect(readBookmarks()).toEqual([{ ...own, name: 'Lab' }]);
  });

  it('has the address that the page came from, whatever is stored', () => {
    store([{ id: 'this', name: 'Lab', url: 'https://attacker.test' }]);
    expect(readBookmarks()).toEqual([{ ...own, name: 'Lab' }]);
    expect(thisInstanceUrl()).toBe(location.origin);
  });
});

describe('a bookmark', () => {
  it('is kept with an id of its own', () => {
    const { id } = addBookmark(box);
    expect(id).toMatch(/^[0-9a-f]{8}$/);
    expect(readBookmarks()).toEqual([own, { id, ...box }]);
    expect(JSON.parse(localStorage.getItem(storageKey) ?? '')).toContainEqual({ id, ...box });
  });

  it('without a name bears its host', () => {
    expect(addBookmark({ name: '  ', url: 'http://127.0.0.1:8081' }).name).toBe('127.0.0.1:8081');
  });

  it('is not kept twice, but takes the new name', () => {
    const { id } = addBookmark(box);
    addBookmark({ ...box, name: 'Other name' });
    expect(readBookmarks()).toEqual([own, { id, name: 'Other name', url: box.url }]);
  });

  it('has a name of at most 64 characters, without spaces around it', () => {
    const { id } = addBookmark({ ...box, name: `  ${'x'.repeat(70)}` });
    expect(readBookmarks()[1]?.name).toBe('x'.repeat(64));
    renameBookmark(id, '  Lab  ');
    expect(readBookmarks()[1]?.name).toBe('Lab');
  });

  it('keeps its name when the new one is empty', () => {
    const { id } = addBookmark(box);
    renameBookmark(id, '   ');
    expect(readBookmarks()[1]?.name).toBe('Box');
  });

  it('is gone once it is removed, and no other', () => {
    const { id } = addBookmark(box);
    const other = addBookmark({ name: 'Other', url: 'https://other.test' });
    removeBookmark(id);
    expect(readBookmarks()).toEqual([own, other]);
  });
});

describe('a name that nobody chose', () => {
  it('is known as one, also after a reload', () => {
    const host = addBookmark({ name: '', url: box.url });
    expect(readBookmarks().map(isNamed)).toEqual([false, false]);
    renameBookmark('this', 'Lab');
    renameBookmark(host.id, 'Box');
    expect(readBookmarks().map(isNamed)).toEqual([true, true]);
  });

  it('fits in a sentence', () => {
    expect(nameInSentence(own)).toBe('this instance');
    expect(nameInSentence({ name: 'Lab' })).toBe('Lab');
  });
});

describe('damaged storage', () => {
  it.each(['x', '{}', 'null', '7'])('%s counts as empty', (text) => {
    localStorage.setItem(storageKey, text);
    expect(readBookmarks()).toEqual([own]);
  });

  it('loses only the entries that cannot be used', () => {
    const good = { id: '1', ...box };
    store([
      null,
      'x',
      { id: '', ...box },
      { id: '2', name: '', url: 'https://a.test' },
      { id: '3', name: 'Script', url: 'javascript:alert(1)' },
      { id: '4', name: 'No origin', url: 'https://a.test/path' },
      { id: 5, name: 'No text', url: 'https://a.test' },
      good,
    ]);
    expect(readBookmarks()).toEqual([own, good]);
  });

  it('can be added to', () => {
    localStorage.setItem(storageKey, 'x');
    addBookmark(box);
    expect(readBookmarks()).toEqual([own, expect.objectContaining(box)]);
  });
});

describe('useBookmarks', () => {
  it('is live in this tab', () => {
    const { result } = renderHook(useBookmarks);
    act(() => void addBookmark(box));
    expect(result.current.map(({ name }) => name)).toEqual(['This instance', 'Box']);
  });

  it('is live across tabs', () => {
    const { result } = renderHook(useBookmarks);
    store([{ id: '1', ...box }]);
    act(() => void window.dispatchEvent(new StorageEvent('storage', { key: storageKey })));
    expect(result.current.map(({ name }) => name)).toEqual(['This instance', 'Box']);
  });

  it('is the same array until something changes, as React asks of a snapshot', () => {
    addBookmark(box);
    expect(readBookmarks()).toBe(readBookmarks());
  });
});

describe('parseInstanceUrl', () => {
  beforeEach(() => localStorage.clear());

  it.each([
    ['https://box.test', 'https://box.test'],
    ['  https://box.test/launcher?x#claim=ABCDE-12345  ', 'https://box.test'],
    ['HTTPS://BOX.test:443', 'https://box.test'],
    ['box.test', 'https://box.test'],
    ['box.test:8443/path', 'https://box.test:8443'],
    ['192.168.1.20:8080', 'https://192.168.1.20:8080'],
    ['http://192.168.1.20:8080', 'http://192.168.1.20:8080'],
    ['localhost:8080', 'http://localhost:8080'],
    ['127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['[::1]:8080', 'http://[::1]:8080'],
    ['büro_2.test', 'https://xn--bro_2-kva.test'],
    ['127.0.0.1.attacker.test', 'https://127.0.0.1.attacker.test'],
  ])('reads %j as %s', (input, url) => {
    expect(parseInstanceUrl(input)).toEqual({ ok: true, url });
  });

  it.each([
    ['', /^Enter the address/],
    ['   ', /^Enter the address/],
    ['two words', /is not an address/],
    ['https://two%20words', /is not an address/],
    // Names that every URL parser takes, as Chromium's also does the one above.
    ['box!test', /is not an address/],
    ['https://box,test', /is not an address/],
    ['https://', /is not an address/],
    ['box.test:port', /is not an address/],
    ['127.0.0.1:99999', /There is no port 99999: ports end at 65535/],
    ['https://box.test:65536/launcher', /ports end at 65535/],
    ['[::1]:70000', /ports end at 65535/],
    ['ftp://box.test', /http and https only/],
    ['file:///etc/passwd', /./],
    ['https://me:secret@box.test', /user name or password/],
    ['me@box.test', /user name or password/],
    ['javascript:alert(1)', /./],
  ])('refuses %j', (input, message) => {
    expect(parseInstanceUrl(input)).toEqual({ ok: false, message: expect.stringMatching(message) });
  });
});
