/** Requests of one stream: so many at once, then so many a second. Envoy asks once per watch while it takes in clusters. */
const BURST = 5_000;
const PER_SECOND = 1_000;

/** `requests`, read no faster than a stream may ask; meanwhile the transport pushes back on who sends them. */
export async function* paced<Request>(
  requests: AsyncIterable<Request>,
  signal: AbortSignal,
): AsyncGenerator<Request> {
  let tokens = BURST;
  let atMs = performance.now();
  for await (const request of requests) {
    const nowMs = performance.now();
    tokens = Math.min(BURST, tokens + ((nowMs - atMs) / 1000) * PER_SECOND) - 1;
    atMs = nowMs;
    if (tokens < 0) await pause((-tokens / PER_SECOND) * 1000, signal);
    yield request;
  }
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener("abort", done);
  });
}
