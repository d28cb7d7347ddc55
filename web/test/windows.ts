/** Another window, as far as this one sees it: what it was sent, and to whom. */
export class OtherWindow {
  readonly received: { data: unknown; origin: unknown }[] = [];
  /** What it does about a message. */
  onMessage: (data: unknown) => void = () => undefined;
  closed = false;
  readonly document = document.implementation.createHTMLDocument();
  readonly location = {
    href: 'about:blank',
    replace: (url: string) => {
      this.location.href = url;
    },
  };

  close(): void {
    this.closed = true;
  }

  postMessage(data: unknown, target: string | { targetOrigin?: string }): void {
    this.received.push({ data, origin: typeof target === 'string' ? target : target.targetOrigin });
    this.onMessage(data);
  }

  /** Sends a message to the window of the test. */
  say(data: unknown, origin: string): void {
    const event = new MessageEvent('message', { data, origin });
    Object.defineProperty(event, 'source', { value: this });
    window.dispatchEvent(event);
  }
}
