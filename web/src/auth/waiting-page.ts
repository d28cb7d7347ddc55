/**
 * A page in another tab that waits for its address. Browsers let a page open another only while they handle a click, and
 * the address of the approval page comes a moment later. Disposing of it closes it, unless it has been led on.
 */
export class WaitingPage implements Disposable {
  readonly #page: Window;
  #isLed = false;

  private constructor(page: Window) {
    this.#page = page;
  }

  /** To be called while a click is handled. Undefined if the browser does not let this page even then. */
  static open(): WaitingPage | undefined {
    // Without “noopener” on purpose: it becomes an approval page, which asks its opener for a proof.
    const page = window.open('', '_blank');
    if (!page) return undefined;
    const { document } = page;
    document.documentElement.lang = 'en';
    document.documentElement.style.colorScheme = 'light dark';
    document.title = 'Approve the sign-in';
    document.body.style.font = '1rem system-ui, sans-serif';
    document.body.textContent = 'The approval page opens here in a moment.';
    return new WaitingPage(page);
  }

  /** @returns the page, or undefined if it has been closed meanwhile */
  leadTo(url: string): Window | undefined {
    if (this.#page.closed) return undefined;
    this.#isLed = true;
    this.#page.location.replace(url);
    return this.#page;
  }

  [Symbol.dispose](): void {
    if (!this.#isLed) this.#page.close();
  }
}
