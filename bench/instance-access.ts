import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { ScriptedAccount } from '../e2e/scripted-client.ts';
import { anotherNetwork } from './another-network.ts';
import { approvalAtCloud } from './approvals.ts';
import { type Answer, exchange } from './exchange.ts';
import { Person } from './signing-in.ts';

/** An instance and the cloud that signs people in to it. */
export interface EnteredInstance {
  readonly cloudUrl: string;
  readonly instanceUrl: string;
  readonly resource: string;
}

const patienceMilliseconds = 30_000;

/** One sign-in at an instance: what it may do, and the event stream that it has open. */
export class InstanceAccess implements Disposable {
  readonly refreshToken: string;
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #person: Person;
  readonly #accessToken: string;
  #stream: IncomingMessage | undefined;
  #received = '';
  #isStreamOver = false;

  private constructor(
    url: string,
    person: Person,
    tokens: { readonly access_token: string; readonly refresh_token: string },
  ) {
    this.#url = url;
    this.#person = person;
    this.#accessToken = tokens.access_token;
    this.refreshToken = tokens.refresh_token;
  }

  /** Signs in in a new browser, with the approval of a session at the cloud. */
  static async signIn(
    { cloudUrl, instanceUrl, resource }: EnteredInstance,
    { credentials: session }: ScriptedAccount,
  ): Promise<InstanceAccess> {
    const person = await Person.with({ cloudUrl, resource, approve: approvalAtCloud(cloudUrl, session) });
    person.prepare(1);
    return new InstanceAccess(`${instanceUrl}/graphql`, person, await person.signIn());
  }

  /** Opens an event stream. @throws unless the instance lets it in */
  async listen(): Promise<this> {
    const body = JSON.stringify({ query: 'subscription { instanceChanged { name } }' });
    const outgoing = request(this.#url, {
      method: 'POST',
      agent: false,
      headers: { ...this.#headers(), accept: 'text/event-stream' },
    }).end(body);
    const [stream] = (await once(outgoing, 'response')) as [IncomingMessage];
    this.#stream = stream;
    const begun = Promise.withResolvers<void>();
    stream
      .setEncoding('utf8')
      .on('data', (text: string) => {
        this.#received += text;
        // It begins with what is so.
        if (this.#received.includes('event: next')) begun.resolve();
      })
      .on('error', () => undefined)
      .on('close', () => {
        this.#isStreamOver = true;
        begun.reject(new Error(`There is no event stream: ${stream.statusCode} ${this.#received}`));
      });
    await begun.promise;
    return this;
  }

  /** @throws when the stream does not end, or for another reason than that the access did */
  async untilStreamEnds(): Promise<void> {
    const stream = this.#stream;
    if (!stream) throw new TypeError('listen() was not called');
    if (!this.#isStreamOver) {
      await once(stream, 'close', { signal: AbortSignal.timeout(patienceMilliseconds) }).catch(() => {
        throw new Error('The stream stays open.');
      });
    }
    if (!this.#received.includes('access_denied')) throw new Error(`The stream ended: ${this.#received}`);
  }

  get isListening(): boolean {
    return this.#stream !== undefined && !this.#isStreamOver;
  }

  /** The status of a query with the access token. */
  async status(): Promise<number> {
    return (await this.ask('{ viewer { id } }')).status;
  }

  async ask(query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
    const body = JSON.stringify({ query, variables });
    return exchange(this.#agent, this.#url, { headers: this.#headers(), body });
  }

  [Symbol.dispose](): void {
    this.#stream?.destroy();
    this.#agent.destroy();
    this.#person[Symbol.dispose]();
  }

  #headers(): Record<string, string> {
    return {
      'content-type': 'application/json',
      ...this.#person.credentialsFor(this.#url, this.#accessToken),
      ...anotherNetwork(),
    };
  }
}

/** Claims an instance that nobody owns yet. */
export async function claimBy(access: InstanceAccess, code: string): Promise<void> {
  const document = 'mutation ($code: String!) { claimInstance(code: $code) { __typename } }';
  const { text } = await access.ask(document, { code });
  if (!text.includes('InstanceClaimed')) throw new Error(`The instance was not claimed: ${text}`);
}
