import { expect, test } from 'vitest';
import { createLogger } from '../logger.ts';
import { makeSelfSignedCertificate } from './self-signed-certificate.ts';
import { type CertificateSource, ServerCertificate } from './server-certificate.ts';

const day = 86_400_000;
const pem = Buffer.from(
  makeSelfSignedCertificate(['localhost'], new Date(Date.now() - day), new Date(Date.now() + day)),
);
const logger = createLogger({ destination: { write: () => undefined } });
const clock = { now: Date.now, sleep: async () => undefined };

/** A source whose second load goes on until `loaded` resolves. */
function slowSource(onlyReads: boolean) {
  const loading = Promise.withResolvers<void>();
  const { promise: loaded, resolve: finish } = Promise.withResolvers<void>();
  const second = Buffer.from(pem);
  let loads = 0;
  const source: CertificateSource = {
    checkEveryMilliseconds: 1,
    remedy: '',
    onlyReads,
    isDue: async () => true,
    load: async () => {
      loads += 1;
      if (loads === 1) return { certificate: pem, key: Buffer.from(pem) };
      loading.resolve();
      await loaded;
      return { certificate: pem, key: second };
    },
  };
  return { source, loading: loading.promise, finish, keyIsZeroed: () => second.every((byte) => byte === 0) };
}

test('a stop does not wait for a certificate that is being read', async () => {
  const { source, loading, finish, keyIsZeroed } = slowSource(true);
  using certificate = await ServerCertificate.open(source);
  const stopping = new AbortController();
  const kept = certificate.keepFresh({ clock, signal: stopping.signal, logger });
  await loading;
  stopping.abort();
  await kept;
  expect(keyIsZeroed()).toBe(false);
  finish();
  await expect.poll(keyIsZeroed).toBe(true);
});

test('a stop waits for a certificate that is being saved', async () => {
  const { source, loading, finish } = slowSource(false);
  using certificate = await ServerCertificate.open(source);
  const stopping = new AbortController();
  const kept = certificate.keepFresh({ clock, signal: stopping.signal, logger });
  await loading;
  stopping.abort();
  const aTurnLater = new Promise((resolve) => setImmediate(resolve, 'a turn later'));
  expect(await Promise.race([kept, aTurnLater])).toBe('a turn later');
  finish();
  await kept;
});
