import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeSelfSignedCertificate } from '../api/src/tls/self-signed-certificate.ts';
import { findOrInstallNginx } from '../scripts/nginx.ts';

const day = 86_400_000;

/** A real nginx that speaks https with the world and plain HTTP with an instance, set up as docs/operations.md says. */
export class ReverseProxy implements AsyncDisposable {
  readonly url: string;
  readonly #root: string;
  readonly #certificate: string;
  readonly #process: ChildProcess;
  #errors = '';

  private constructor(port: number, root: string, certificate: string, process: ChildProcess) {
    this.url = `https://localhost:${port}`;
    this.#root = root;
    this.#certificate = certificate;
    this.#process = process;
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
  }

  /** @param target where the instance listens */
  static async start(port: number, target: string): Promise<ReverseProxy> {
    const nginx = findOrInstallNginx();
    const root = mkdtempSync(join(tmpdir(), 'holdfast-nginx-'));
    const certificate = makeSelfSignedCertificate(
      ['localhost'],
      new Date(Date.now() - day),
      new Date(Date.now() + day),
    );
    writeFileSync(join(root, 'certificate.pem'), certificate, { mode: 0o600 });
    writeFileSync(join(root, 'nginx.conf'), configuration(port, target));
    const process = spawn(nginx, ['-p', root, '-e', 'stderr', '-c', join(root, 'nginx.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const proxy = new ReverseProxy(port, root, certificate, process);
    await proxy.#untilListening(port);
    return proxy;
  }

  /** As `fetch`, trusting the certificate of this proxy; `localAddress` is the address from which it is asked. */
  fetch(localAddress: string): typeof fetch {
    return async (input, init) => {
      const { promise, resolve, reject } = Promise.withResolvers<Response>();
      const outgoing = request(new Request(input).url, {
        method: init?.method ?? 'GET',
        headers: Object.fromEntries(new Headers(init?.headers)),
        ca: this.#certificate,
        servername: 'localhost',
        localAddress,
        agent: false,
      });
      outgoing.on('error', reject).on('response', (incoming) => {
        const chunks: Buffer[] = [];
        incoming
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('end', () => {
            const headers = new Headers();
            for (const [name, value] of Object.entries(incoming.headers)) headers.set(name, String(value));
            resolve(new Response(Buffer.concat(chunks), { status: incoming.statusCode ?? 0, headers }));
          });
      });
      outgoing.end(typeof init?.body === 'string' ? init.body : undefined);
      return promise;
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await exited;
    }
    await rm(this.#root, { recursive: true, force: true });
  }

  async #untilListening(port: number): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      if (this.#process.exitCode !== null) break;
      const socket = connect(port, '127.0.0.1');
      const isOpen = await once(socket, 'connect').then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (isOpen) return;
      await sleep(50);
    }
    throw new Error(`nginx did not start:\n${this.#errors}`);
  }
}

function configuration(port: number, target: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
    daemon off;
    pid nginx.pid;
    worker_processes 1;
    events {}
    http {
      access_log off;
      ${temporary.map((name) => `${name}_temp_path ${name};`).join('\n')}
      server {
        listen 127.0.0.1:${port} ssl;
        server_name localhost;
        ssl_certificate certificate.pem;
        ssl_certificate_key certificate.pem;
        location / {
          proxy_pass ${target};
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $http_host;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
          proxy_set_header X-Forwarded-Proto $scheme;
        }
      }
    }
  `;
}
