/** Instances send a sign of life every 10 seconds; after more than two that are missing the line is taken for dead. */
const longestSilence = 25_000;

/**
 * `fetch` for answers that go on: they fail when nothing has come for 25 seconds. A line that is cut without a word, as
 * by a laptop that moved to another network, would otherwise look alive for many minutes.
 */
export function noticingDeadLines(inner: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await inner(input, init);
    const { body, status, statusText, headers } = response;
    return body ? new Response(watched(body), { status, statusText, headers }) : response;
  };
}

function watched(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await readInTime(reader);
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async (reason) => await reader.cancel(reason),
  });
}

async function readInTime(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  const silence = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    silence.reject(new TypeError('The line is dead.'));
    void reader.cancel();
  }, longestSilence);
  try {
    return await Promise.race([reader.read(), silence.promise]);
  } finally {
    clearTimeout(timer);
  }
}
