import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { TestBrowser, TestInstance } from './test-instance.ts';

export interface StreamEvent {
  readonly event: string;
  readonly data: {
    readonly data?: Record<string, unknown>;
    readonly errors?: readonly { message: string; extensions: { code: string } }[];
  } | null;
}

/** A subscription over Server-Sent Events, read by a parser of its own. */
export class Subscription implements AsyncDisposable {
  readonly response: IncomingMessage;
  /** How many signs of life came. */
  heartbeats = 0;
  readonly #events: AsyncGenerator<StreamEvent, undefined>;

  private constructor(response: IncomingMessage) {
    this.response = response;
    this.#events = this.#read();
  }

  static async open(
    instance: TestInstance,
    query: string,
    headers: Record<string, string> = {},
  ): Promise<Subscription> {
    const outgoing = request(`${instance.url}/graphql`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    });
    outgoing.end(JSON.stringify({ query }));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    return new Subscription(response);
  }

  static async of(browser: TestBrowser, query: string): Promise<Subscription> {
    const open = async () => Subscription.open(browser.instance, query, await browser.headers());
    const subscription = await open();
    const { statusCode, headers } = subscription.response;
    return statusCode === 401 && browser.hearNonce(headers['dpop-nonce']) ? open() : subscription;
  }

  /** The next event; undefined once the answer has ended. */
  async next(): Promise<StreamEvent | undefined> {
    return (await this.#events.next()).value;
  }

  /** What the next event says, which must be a result. */
  async nextData(): Promise<Record<string, unknown>> {
    const next = await this.next();
    if (next?.event !== 'next' || !next.data?.data) throw new Error(`No result: ${JSON.stringify(next)}`);
    return next.data.data;
  }

  /** The id of the next entry of the audit log. */
  async nextId(): Promise<number> {
    const { auditEntryAdded } = await this.nextData();
    return Number((auditEntryAdded as { id: string }).id);
  }

  /** Everything that is still to come. */
  async rest(): Promise<StreamEvent[]> {
    const events: StreamEvent[] = [];
    for await (const event of this.#events) events.push(event);
    return events;
  }

  /** The line is dead: no end is sent. */
  kill(): void {
    this.response.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
  }

  async *#read(): AsyncGenerator<StreamEvent, undefined> {
    let text = '';
    for await (const chunk of this.response.setEncoding('utf8')) {
      text += String(chunk);
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        if (lines[0] === ':') this.heartbeats += 1;
        else yield parseEvent(lines);
      }
    }
    return undefined;
  }
}

function parseEvent(lines: readonly string[]): StreamEvent {
  const fields = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
  const data = fields.get('data') ?? '';
  return {
    event: fields.get('event')?.trim() ?? '',
    data: data === '' ? null : (JSON.parse(data) as StreamEvent['data']),
  };
}
