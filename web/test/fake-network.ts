/** A request as it left the app. */
export interface SentRequest {
  method: string;
  url: URL;
  headers: Headers;
  body: string;
  /** The body of a form; empty for every other. */
  form: URLSearchParams;
  init: RequestInit;
  /** By the clock of the test, in milliseconds since the epoch. */
  at: number;
}

/** Answers one request. */
export type Answer = (request: SentRequest) => Response | Promise<Response>;

/** What `fetch` does when nobody is there. */
export const silence: Answer = () => {
  throw new TypeError('Failed to fetch');
};

/** What `fetch` says of an opaque request that would stop at redirects, in Chromium's words. */
const impossible = 'Request mode is "no-cors" but the redirect mode is not "follow".';

/** What `fetch` does when somebody is there and says nothing. */
export const neverAnswered: Answer = () => new Promise<Response>(() => {});

export function json(body: unknown, init: ResponseInit = {}): Answer {
  return () =>
    new Response(JSON.stringify(body), {
      status: init.status,
      headers: {
        'content-type': 'application/json',
        ...(init.headers as Record<string, string> | undefined),
      },
    });
}

/** All servers of a test, behind one `fetch`. Where no answer is arranged nobody is there. */
export class FakeNetwork {
  readonly requests: SentRequest[] = [];
  readonly #answers = new Map<string, Answer[]>();

  /** Arranges answers for `METHOD url` without its query: one per request, the last for all that follow. */
  answer(route: string, ...answers: Answer[]): void {
    this.#answers.set(route, answers);
  }

  /** The requests of `METHOD url`, oldest first. */
  requestsOf(route: string): SentRequest[] {
    return this.requests.filter((request) => routeOf(request) === route);
  }

  readonly fetch: typeof fetch = async (input, init = {}) => {
    if (init.mode === 'no-cors' && (init.redirect ?? 'follow') !== 'follow') throw new TypeError(impossible);
    const whole = new Request(input instanceof URL ? input.href : input, init);
    const body = await whole.text();
    const request: SentRequest = {
      method: whole.method,
      url: new URL(whole.url),
      headers: whole.headers,
      body,
      form: new URLSearchParams(
        whole.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') ? body : '',
      ),
      init,
      at: Date.now(),
    };
    init.signal?.throwIfAborted();
    this.requests.push(request);
    const arranged = this.#answers.get(routeOf(request)) ?? [];
    const answer = (arranged.length > 1 ? arranged.shift() : arranged[0]) ?? silence;
    const answered = (async () => answer(request))();
    return await Promise.race([answered, abortOf(init.signal)]);
  };
}

function routeOf({ method, url }: SentRequest): string {
  return `${method} ${url.origin}${url.pathname}`;
}

/** Rejects as `fetch` does when it is aborted. */
async function abortOf(signal: AbortSignal | null | undefined): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  return await promise;
}
