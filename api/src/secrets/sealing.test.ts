import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type CellAddress,
  type Keyring,
  keyBytes,
  SealBrokenError,
  type WrappedKey,
  WrappingKey,
  WrongKeyError,
} from './sealing.ts';

const directory = '0b0e3c6a-1111-4222-8333-444455556666';
const address: CellAddress = { table: 'registration', column: 'client_secret', row: '1' };

function wrappingKey(): Uint8Array {
  return new Uint8Array(randomBytes(keyBytes));
}

async function createKeyring(
  bytes: Uint8Array,
  dataDirectoryId: string,
): Promise<{ keyring: Keyring; wrappedKey: WrappedKey }> {
  using key = await WrappingKey.from(bytes, dataDirectoryId);
  const keyring = key.generate(1);
  return { keyring, wrappedKey: keyring.wrappedBy(key) };
}

async function openKeyring(
  bytes: Uint8Array,
  dataDirectoryId: string,
  wrappedKey: WrappedKey,
): Promise<Keyring> {
  using key = await WrappingKey.from(bytes, dataDirectoryId);
  return key.unwrap(wrappedKey);
}

test('a value opens where it was sealed, also after the key was unwrapped again', async () => {
  const key = wrappingKey();
  const { keyring, wrappedKey } = await createKeyring(key.slice(), directory);
  const sealed = keyring.seal(address, 'geheim – 秘密');
  using again = await openKeyring(key, directory, wrappedKey);
  expect(again.open(address, sealed)).toBe('geheim – 秘密');
});

test('the wrapping key is zeroed once used', async () => {
  const key = wrappingKey();
  await createKeyring(key, directory);
  expect(key.every((byte) => byte === 0)).toBe(true);
});

test('sealing twice gives different bytes', async () => {
  const { keyring } = await createKeyring(wrappingKey(), directory);
  expect(keyring.seal(address, 'same')).not.toEqual(keyring.seal(address, 'same'));
});

describe('a sealed value does not open', () => {
  test.each([
    ['in another table', { ...address, table: 'instance_token' }],
    ['in another column', { ...address, column: 'client_id' }],
    ['in another row', { ...address, row: '2' }],
    ['where the parts join to the same text', { table: 'registrationclient', column: '_secret', row: '1' }],
  ])('%s', async (_where, elsewhere) => {
    const { keyring } = await createKeyring(wrappingKey(), directory);
    const sealed = keyring.seal(address, 'secret');
    expect(() => keyring.open(elsewhere, sealed)).toThrow(SealBrokenError);
  });

  test('in another data directory under the same wrapping key', async () => {
    const key = wrappingKey();
    const first = await createKeyring(key.slice(), directory);
    const second = await createKeyring(key.slice(), 'another-directory');
    const sealed = first.keyring.seal(address, 'secret');
    expect(() => second.keyring.open(address, sealed)).toThrow(SealBrokenError);
    await expect(openKeyring(key, 'another-directory', first.wrappedKey)).rejects.toThrow(WrongKeyError);
  });

  test('with any one bit flipped, or cut', async () => {
    const { keyring } = await createKeyring(wrappingKey(), directory);
    const sealed = keyring.seal(address, 'secret');
    for (let index = 0; index < sealed.length; index += 1) {
      for (const bit of [0, 3, 7]) {
        const changed = sealed.slice();
        changed[index] = (changed[index] as number) ^ (1 << bit);
        expect(() => keyring.open(address, changed)).toThrow(SealBrokenError);
      }
      expect(() => keyring.open(address, sealed.slice(0, index))).toThrow(SealBrokenError);
    }
  });
});

describe('a data key does not unwrap', () => {
  test('with another wrapping key', async () => {
    const { wrappedKey } = await createKeyring(wrappingKey(), directory);
    await expect(openKeyring(wrappingKey(), directory, wrappedKey)).rejects.toThrow(WrongKeyError);
  });

  test('under another key id', async () => {
    const key = wrappingKey();
    const { wrappedKey } = await createKeyring(key.slice(), directory);
    await expect(openKeyring(key, directory, { ...wrappedKey, keyId: 2 })).rejects.toThrow(WrongKeyError);
  });

  test('with a flipped bit', async () => {
    const key = wrappingKey();
    const { wrappedKey } = await createKeyring(key.slice(), directory);
    const wrapped = wrappedKey.wrapped.slice();
    wrapped[30] = (wrapped[30] as number) ^ 1;
    await expect(openKeyring(key, directory, { ...wrappedKey, wrapped })).rejects.toThrow(SealBrokenError);
  });
});
