// GraphQL over Server-Sent Events, in distinct connections mode: one request, one stream of results.
// https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md

import type { ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { failureBody } from './failure.ts';

/** Results of a subscription, as they come. */
export type ResultStream = AsyncIterable<ExecutionResult>;

/** Why the instance ends a stream, by the code that the client gets. */
const endings = {
  token_expired: 'The access token of this subscription has ended. Subscribe again with a new one.',
  access_denied: 'This sign-in has ended, or the instance belongs to someone else now. Sign in again.',
  stopping: 'The instance is stopping. Subscribe again in a moment.',
} as const;

export type Ending = keyof typeof endings;

/** Pause between signs of life, by which both ends notice that the line is dead, in milliseconds. */
export const heartbeatMilliseconds = 10_000;

/** A client that leaves more bytes than this unread is cut off: nobody's backlog may grow. */
const unreadBytes = 65_536;

const headers = {
  'Content-Type': 'text/event-stream',
  // Or else nginx would keep the events until it has many.
  'X-Accel-Buffering': 'no',
};

/** One answer that goes on. */
export class EventStream {
  readonly #outgoing: ServerResponse;
  readonly #ended = Promise.withResolvers<Ending | undefined>();
  #isOver = false;

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing;
  }

  /** Ends the stream: with last words, or without where nobody is left to hear them. */
  end(ending?: Ending): void {
    this.#ended.resolve(ending);
  }

  /**
   * Sends results until they are complete, the client leaves or falls behind, or somebody calls `end`; leaves them in
   * every case.
   *
   * @param judge whether the stream must end; asked before each event and each sign of life
   */
  async send(results: ResultStream, judge: () => Ending | undefined): Promise<void> {
    const outgoing = this.#outgoing;
    const iterator = results[Symbol.asyncIterator]();
    outgoing.once('close', () => this.end());
    if (outgoing.destroyed) this.end();
    outgoing.writeHead(200, headers);
    const heartbeat = setInterval(() => this.#write(':\n\n', judge), heartbeatMilliseconds);
    try {
      // At once, so that the client knows that it is heard.
      this.#write(':\n\n', judge);
      const ending = await Promise.race([this.#ended.promise, this.#forward(iterator, judge)]);
      this.#isOver = true;
      if (ending !== undefined) outgoing.write(next(failureBody({ code: ending, message: endings[ending] })));
      outgoing.end('event: complete\ndata:\n\n');
    } finally {
      this.#isOver = true;
      clearInterval(heartbeat);
      await iterator.return?.();
    }
  }

  async #forward(
    iterator: AsyncIterator<ExecutionResult>,
    judge: () => Ending | undefined,
  ): Promise<undefined> {
    for (;;) {
      const { done, value } = await iterator.next();
      if (done || this.#isOver) return;
      this.#write(next(value), judge);
    }
  }

  #write(event: string, judge: () => Ending | undefined): void {
    const ending = judge();
    if (ending !== undefined) this.end(ending);
    else if (this.#outgoing.writableLength > unreadBytes) this.#outgoing.destroy();
    else this.#outgoing.write(event);
  }
}

function next(result: object): string {
  return `event: next\ndata: ${JSON.stringify(result)}\n\n`;
}
