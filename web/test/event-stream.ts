import type { Answer } from './fake-network.ts';

/** A subscription's answer, which goes on until a test ends it. */
export class EventStream {
  readonly answer: Answer;
  /** Whether the page has left it. */
  isLeft = false;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor() {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.isLeft = true;
      },
    });
    this.answer = ({ init }) => {
      init.signal?.addEventListener('abort', () => {
        this.isLeft = true;
      });
      this.heartbeat();
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    };
  }

  heartbeat(): void {
    this.#send(':\n\n');
  }

  next(result: object): void {
    this.#send(`event: next\ndata: ${JSON.stringify(result)}\n\n`);
  }

  complete(): void {
    this.#send('event: complete\ndata:\n\n');
    this.#controller?.close();
  }

  /** The instance ends it on its own account. */
  endWith(code: string): void {
    this.next({ errors: [{ message: 'The end.', extensions: { code } }] });
    this.complete();
  }

  /** The line breaks. */
  drop(): void {
    this.#controller?.error(new TypeError('network error'));
  }

  #send(text: string): void {
    this.#controller?.enqueue(new TextEncoder().encode(text));
  }
}
