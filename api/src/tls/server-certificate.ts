import { ok } from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createServer, type Server, type ServerOptions } from 'node:https';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Clock } from '../clock.ts';
import { StartupError } from '../errors.ts';
import type { Logger } from '../logger.ts';

/** A certificate with its chain and its private key, both PEM. */
export interface CertificateAndKey {
  readonly certificate: Buffer;
  /** Zeroed by whoever loaded it, once it is replaced. */
  readonly key: Buffer;
}

/** Where a certificate comes from. */
export interface CertificateSource {
  /** @throws StartupError `tls_unusable`, `key_unusable` */
  load(): Promise<CertificateAndKey>;
  /** Whether it is time to load again. A change that could not be loaded counts once. */
  isDue(): Promise<boolean>;
  readonly checkEveryMilliseconds: number;
  /** What a person does about a certificate that is of no use, as a sentence. */
  readonly remedy: string;
  /** Whether nothing is lost when a stop leaves a look or a load unfinished: a disk may never answer. */
  readonly onlyReads?: boolean;
}

/** The certificate of the instance's servers, which may change while they run. Connections that are open stay so. */
export class ServerCertificate implements Disposable {
  readonly #source: CertificateSource;
  readonly #servers = new Set<Server>();
  #current: CertificateAndKey;

  private constructor(source: CertificateSource, current: CertificateAndKey) {
    this.#source = source;
    this.#current = current;
  }

  /** @throws StartupError `tls_unusable`, `key_unusable` */
  static async open(source: CertificateSource): Promise<ServerCertificate> {
    return new ServerCertificate(source, await loadFrom(source));
  }

  get x509(): X509Certificate {
    return new X509Certificate(this.#current.certificate);
  }

  /** SHA-256 in hexadecimal with colons, as browsers show it. */
  get fingerprint(): string {
    return this.x509.fingerprint256;
  }

  /** A server with this certificate, and with each later one. */
  createServer(options: ServerOptions): Server {
    const server = createServer(options);
    server.setSecureContext(contextOptions(this.#current));
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
    return server;
  }

  /** Looks for a new certificate from time to time, until `signal` aborts; one that is of no use changes nothing. */
  async keepFresh({
    clock,
    signal,
    logger,
  }: {
    clock: Clock;
    signal: AbortSignal;
    logger: Logger;
  }): Promise<void> {
    const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => abort(), { once: true });
    for (;;) {
      await clock.sleep(this.#source.checkEveryMilliseconds, signal).catch(() => undefined);
      if (signal.aborted) return;
      const look = this.#replaceIfDue(signal, logger);
      await (this.#source.onlyReads ? Promise.race([look, aborted]) : look);
    }
  }

  [Symbol.dispose](): void {
    this.#current.key.fill(0);
  }

  async #replaceIfDue(signal: AbortSignal, logger: Logger): Promise<void> {
    try {
      if (!(await this.#source.isDue())) return;
      const next = await loadFrom(this.#source);
      if (signal.aborted) {
        next.key.fill(0);
        return;
      }
      this.#replace(next);
      logger.info({ fingerprint: this.fingerprint }, 'the certificate was replaced');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.error(`The new certificate is not used, and the old one stays: ${reason}`);
    }
  }

  #replace(next: CertificateAndKey): void {
    for (const server of this.#servers) server.setSecureContext(contextOptions(next));
    this.#current.key.fill(0);
    this.#current = next;
  }
}

/** Loads it and finds out now what handshakes would stumble over later. */
async function loadFrom(source: CertificateSource): Promise<CertificateAndKey> {
  const loaded = await source.load();
  const attempt = <Value>(problem: string, step: () => Value): Value => {
    try {
      return step();
    } catch (error) {
      throw new StartupError('tls_unusable', `${problem}. ${source.remedy}`, { cause: error });
    }
  };
  try {
    const certificate = attempt(
      'The file of the certificate holds none in PEM form',
      () => new X509Certificate(loaded.certificate),
    );
    const key = attempt('The file of the private key holds none in PEM form, or one with a passphrase', () =>
      createPrivateKey(loaded.key),
    );
    attempt('The certificate and the private key do not belong together', () =>
      ok(certificate.checkPrivateKey(key)),
    );
    attempt('TLS does not accept the certificate', () => createSecureContext(contextOptions(loaded)));
    return loaded;
  } catch (error) {
    loaded.key.fill(0);
    throw error;
  }
}

function contextOptions({ certificate, key }: CertificateAndKey): SecureContextOptions {
  return { cert: certificate, key, minVersion: 'TLSv1.2' };
}
