import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { callbackify } from 'node:util';
import { SMTPServer, type SMTPServerEnvelope, type SMTPServerSession } from 'smtp-server';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body, decoded from quoted-printable. */
  readonly source: string;
}

/** A real mail server on a port of its own, which keeps what it gets. */
export class MailServer implements AsyncDisposable {
  readonly received: ReceivedMail[] = [];
  /** How often somebody has shown the right password. */
  logins = 0;
  readonly #server: SMTPServer;

  private constructor(password: string) {
    this.#server = new SMTPServer({
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
      onAuth: (auth, _session, done) => {
        if (auth.password !== password) return done(new Error('wrong password'));
        this.logins += 1;
        return done(null, { user: auth.username });
      },
      onData: callbackify(async (stream: Readable, session: SMTPServerSession) =>
        this.#keep(stream, session.envelope),
      ),
    });
    // A client that leaves in the middle is no failure of the test.
    this.#server.on('error', () => {});
  }

  async #keep(stream: Readable, { mailFrom, rcptTo }: SMTPServerEnvelope): Promise<void> {
    const encoded = await text(stream);
    const source = encoded
      .replace(/=\r?\n/g, '')
      .replace(/=([0-9A-F]{2})/g, (_encoded, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
    this.received.push({
      from: mailFrom ? mailFrom.address : '',
      to: rcptTo.map(({ address }) => address),
      source,
    });
  }

  static async start(password: string): Promise<MailServer> {
    const server = new MailServer(password);
    const socket = server.#server.listen(0, '127.0.0.1');
    await once(socket, 'listening');
    return server;
  }

  get port(): number {
    const address = this.#server.server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** The `count`-th mail, once it is there. */
  async mail(count: number): Promise<ReceivedMail> {
    for (let tries = 0; tries < 250; tries += 1) {
      const mail = this.received[count - 1];
      if (mail) return mail;
      await sleep(20);
    }
    throw new Error(`There were only ${this.received.length} mails.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** The token in the link of a mail or a log line. */
export function linkTokenIn(source: string, page: string): string {
  return new RegExp(`/${page}#link=([\\w-]{43})`).exec(source)?.[1] ?? '';
}
