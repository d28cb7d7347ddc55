import * as oauth from 'oauth4webapi';
import { describe, expect, it } from 'vitest';
import { refuseKeys, set, storedKeys } from '../../test/idb-keyval-in-memory.ts';
import { createDpopKey, deleteDpopKey, loadDpopKey } from './dpop-key.ts';

async function storedPair(id: string): Promise<CryptoKeyPair> {
  const pair = new Map(storedKeys()).get(id);
  if (!pair) throw new Error('The key is not stored.');
  return pair as CryptoKeyPair;
}

describe('a new key', () => {
  it('is stored under its id', async () => {
    const { id } = await createDpopKey();
    expect(storedKeys().map(([stored]) => stored)).toEqual([id]);
  });

  it('cannot leave the browser', async () => {
    const { privateKey } = await storedPair((await createDpopKey()).id);
    expect(privateKey.extractable).toBe(false);
    for (const format of ['jwk', 'pkcs8'] as const) {
      await expect(crypto.subtle.exportKey(format, privateKey)).rejects.toMatchObject({
        name: 'InvalidAccessError',
      });
    }
  });

  it('signs ES256 and nothing else', async () => {
    const { privateKey } = await storedPair((await createDpopKey()).id);
    expect(privateKey.algorithm).toEqual({ name: 'ECDSA', namedCurve: 'P-256' });
    expect(privateKey.usages).toEqual(['sign']);
  });

  it('is another one each time', async () => {
    const [first, second] = [await createDpopKey(), await createDpopKey()];
    expect(first.id).not.toBe(second.id);
    await expect(first.handle.calculateThumbprint()).resolves.not.toBe(
      await second.handle.calculateThumbprint(),
    );
  });
});

describe('a stored key', () => {
  it('is found again after a reload', async () => {
    const keyPair = await oauth.generateKeyPair('ES256', { extractable: false });
    await set('key-of-yesterday', keyPair);
    const handle = await loadDpopKey('key-of-yesterday');
    await expect(handle?.calculateThumbprint()).resolves.toBe(
      await oauth.DPoP({}, keyPair).calculateThumbprint(),
    );
  });

  it('is one handle for everybody, so that the nonce of a server is not forgotten', async () => {
    const { id, handle } = await createDpopKey();
    await expect(loadDpopKey(id)).resolves.toBe(handle);
  });

  it('is gone once it is deleted', async () => {
    const { id } = await createDpopKey();
    await deleteDpopKey(id);
    expect(storedKeys()).toEqual([]);
    await expect(loadDpopKey(id)).resolves.toBeUndefined();
  });

  it.each([['nothing'], [{ privateKey: 'x', publicKey: 'y' }], [null]])(
    'that is damaged (%j) counts as missing',
    async (damaged) => {
      await set('damaged-key', damaged);
      await expect(loadDpopKey('damaged-key')).resolves.toBeUndefined();
    },
  );
});

describe('a browser that keeps nothing', () => {
  it('says so when a key is made or looked for', async () => {
    refuseKeys();
    await expect(createDpopKey()).rejects.toMatchObject({ code: 'storage-unavailable' });
    await expect(loadDpopKey('unknown')).rejects.toMatchObject({ code: 'storage-unavailable' });
  });

  it('does not keep anybody from forgetting a key', async () => {
    const { id } = await createDpopKey();
    refuseKeys();
    await expect(deleteDpopKey(id)).resolves.toBeUndefined();
  });
});
