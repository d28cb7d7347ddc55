/** A listener that has not taken this many events is let go: its place in memory must not grow. */
const largestBacklog = 1_000;

/** Hands each event to everyone who listens at that moment. */
export class EventHub<Event> {
  readonly #listeners = new Set<EventQueue<Event>>();

  /** How many listen. */
  get size(): number {
    return this.#listeners.size;
  }

  publish(event: Event): void {
    for (const listener of this.#listeners) listener.push(event);
  }

  /**
   * Listens from now on, until the iteration is left.
   *
   * @param first what the listener hears before anything else
   */
  subscribe(...first: readonly Event[]): AsyncIterableIterator<Event> {
    const listener = new EventQueue(first, () => this.#listeners.delete(listener));
    this.#listeners.add(listener);
    return listener;
  }
}

/** No generator: leaving one takes effect only once the event that it waits for has come, which may be never. */
class EventQueue<Event> implements AsyncIterableIterator<Event> {
  readonly #events: Event[];
  readonly #onEnd: () => void;
  #waiting: ((result: IteratorResult<Event, undefined>) => void)[] = [];
  #ended = false;

  constructor(events: readonly Event[], onEnd: () => void) {
    this.#events = [...events];
    this.#onEnd = onEnd;
  }

  push(event: Event): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting({ value: event, done: false });
    else if (this.#events.length < largestBacklog) this.#events.push(event);
    else this.#end();
  }

  async next(): Promise<IteratorResult<Event, undefined>> {
    if (this.#ended) return { value: undefined, done: true };
    if (this.#events.length > 0) return { value: this.#events.shift() as Event, done: false };
    const { promise, resolve } = Promise.withResolvers<IteratorResult<Event, undefined>>();
    this.#waiting.push(resolve);
    return promise;
  }

  async return(): Promise<IteratorResult<Event, undefined>> {
    this.#end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    this.#ended = true;
    this.#events.length = 0;
    for (const resolve of this.#waiting) resolve({ value: undefined, done: true });
    this.#waiting = [];
    this.#onEnd();
  }
}
